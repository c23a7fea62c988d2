import { setTimeout as pause } from 'node:timers/promises';
import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../../db/sql.js';
import { usageRuns } from './written-quantities.js';

/** A worker writes quantities of an earlier plan just now: what is planned beside it could be wrong a moment later. */
export class QuantitiesInHand extends Error {
  constructor() {
    super('Quantities of an earlier run are being written. This run is planned as soon as that is over.');
  }
}

/** How often the integration's quantities were tried, all together: as long as it stays the same, none was written. */
export type Attempts = string;

const patienceMs = 10_000;
const lookEveryMs = 100;

/** Waits some seconds until no worker has a quantity of the integration in hand. Throws QuantitiesInHand. */
export async function untilAtRest(em: EntityManager, integrationId: string): Promise<Attempts> {
  for (let waited = 0; waited < patienceMs; waited += lookEveryMs) {
    const attempts = await attemptsAtRest(em, integrationId);
    if (attempts !== undefined) return attempts;
    await pause(lookEveryMs);
  }
  throw new QuantitiesInHand();
}

/**
 * Keeps workers from taking the integration's quantities in hand until `em`'s transaction ends. Throws QuantitiesInHand
 * if one did since `before`.
 */
export async function keepAtRest(em: EntityManager, integrationId: string, before: Attempts): Promise<void> {
  await query(
    em,
    `select 1 from delivery where run_id in (${usageRuns('$1')}) and state = 'PENDING' for update`,
    [integrationId],
  );
  if ((await attemptsAtRest(em, integrationId)) !== before) throw new QuantitiesInHand();
}

async function attemptsAtRest(em: EntityManager, integrationId: string): Promise<Attempts | undefined> {
  const [row] = await query<{ attempts: string; inHand: boolean }>(
    em,
    `select coalesce(sum(attempts), 0)::text as attempts,
       coalesce(bool_or(state = 'PENDING' and claim_fence is not null), false) as "inHand"
     from delivery where run_id in (${usageRuns('$1')})`,
    [integrationId],
  );
  return row!.inHand ? undefined : row!.attempts;
}
