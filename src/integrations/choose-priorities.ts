import type { Integration } from '../domain/integrations/integration.js';
import {
  type AlertPrioritiesInput,
  everyOption,
  options,
  type PriorityKey,
} from '../domain/integrations/options.js';
import type { ReadOptions } from '../domain/integrations/read-options.js';
import type { PsaLookups } from './psa-lookups.js';

const priorityKeys = everyOption.flatMap(([key, option]) =>
  option.kind === 'record' && option.of === 'ticketPriorities' ? [key as PriorityKey] : [],
);

/**
 * The priorities that the caller gives, looked up in the PSA. Null clears one, and is not looked up. An unknown id is a
 * problem NOT_FOUND.
 */
export async function choosePriorities(
  lookups: Pick<PsaLookups, 'ticketPriorities'>,
  integration: Integration,
  input: AlertPrioritiesInput,
): Promise<ReadOptions> {
  const { changes, problems }: ReadOptions = { changes: {}, problems: [] };
  for (const key of priorityKeys) {
    const field = `${options[key].as}Id` as const;
    const id = input[field];
    if (id === undefined) continue;
    const known = id === null ? [] : await lookups.ticketPriorities(integration);
    const priority = known.find(one => one.id === id);
    if (id === null || priority) changes[key] = priority ? { id: priority.id, name: priority.name } : null;
    else {
      problems.push({
        field: ['options', 'alertPriorities', field],
        code: 'NOT_FOUND',
        message: 'The PSA has no such ticket priority. Choose one of ticketPriorities.',
      });
    }
  }
  return { changes, problems };
}
