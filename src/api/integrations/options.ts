import { Field, ID, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { inputField } from '../../domain/integrations/option-requirements.js';
import { everyOption, type Option, type OptionValues } from '../../domain/integrations/options.js';
import { PsaReference } from '../psa/types.js';
import { LocalTimeScalar } from '../scalars/scalars.js';

@ObjectType({ description: 'Which priority a ticket gets. Null: no ticket for that kind of result.' })
export class AlertPriorities {}

@InputType({
  description: 'Ids of the PSA’s ticket priorities. A field left out stays as it is; null: no ticket.',
})
export class AlertPrioritiesInput {}

@ObjectType({ description: 'What a partner chose for an integration.' })
export class IntegrationOptions {
  @Field(() => AlertPriorities, {
    description: 'Which results create tickets, and with which priority.',
  })
  alertPriorities!: AlertPriorities;
}

@InputType({ description: 'A field left out stays as it is; null clears a choice.' })
export class IntegrationOptionsInput {
  @Field(() => AlertPrioritiesInput, { nullable: true, description: 'Setting one needs a service board.' })
  alertPriorities?: AlertPrioritiesInput | null;
}

// The other fields follow from the declarations of the options.
for (const [key, option] of everyOption) {
  const { description, inputDescription = description } = option;
  const grouped = option.kind === 'record' && option.of === 'ticketPriorities';
  const output = grouped ? AlertPriorities : IntegrationOptions;
  const input = grouped ? AlertPrioritiesInput : IntegrationOptionsInput;
  const nullable = option.kind === 'text' || option.kind === 'record';
  const type = typeOf(option);
  Field(() => type, { nullable, description })(output.prototype, grouped ? option.as : key);
  Field(() => (option.kind === 'record' ? ID : type), { nullable: true, description: inputDescription })(
    input.prototype,
    inputField(key, option).at(-1)!,
  );
}

/** The GraphQL type of an option's value. Registers the enum of a choice. */
function typeOf(option: Option) {
  switch (option.kind) {
    case 'switch':
      return Boolean;
    case 'time':
      return LocalTimeScalar;
    case 'text':
      return String;
    case 'record':
      return PsaReference;
    case 'choice': {
      const { name, description, values } = option.type;
      const valuesConfig = Object.fromEntries(
        Object.entries(values).map(([value, meaning]) => [value, { description: meaning }]),
      );
      registerEnumType(option.values, { name, description, valuesConfig });
      return option.values;
    }
  }
}

/** The options in the form of their GraphQL type. */
export function presentOptions(values: OptionValues): IntegrationOptions {
  const alertPriorities: Record<string, unknown> = {};
  const presented: Record<string, unknown> = {};
  for (const [key, option] of everyOption) {
    if (option.kind === 'record' && option.of === 'ticketPriorities')
      alertPriorities[option.as] = values[key];
    else presented[key] = values[key];
  }
  return { ...presented, alertPriorities };
}
