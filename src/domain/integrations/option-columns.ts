import { Enum, Property } from '@mikro-orm/decorators/legacy';
import { everyOption, type Option, type OptionValues } from './options.js';

class Columns {}

for (const [key, option] of everyOption) columnOf(option)(Columns.prototype, key);

/** The columns of the options, for the entity to extend: one for each option, named after its key. */
export const OptionColumns = Columns as new () => OptionValues;

function columnOf(option: Option): (entity: object, key: string) => unknown {
  switch (option.kind) {
    case 'switch':
      return Property({ type: 'boolean', default: option.default });
    case 'time':
      return Property({ type: 'text', default: option.default });
    case 'choice':
      return Enum({ items: () => option.values, default: option.default });
    case 'text':
      return Property({ type: 'text', nullable: true });
    case 'record':
      return Property({ type: 'jsonb', nullable: true });
  }
}
