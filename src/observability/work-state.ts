import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../db/sql.js';
import type { DeliveryKindName } from '../domain/deliveries/delivery.js';

/** What waits for a worker or a person. */
export interface WorkState {
  deliveries: {
    kind: DeliveryKindName;
    state: 'PENDING' | 'HELD' | 'FAILED';
    count: number;
    /** PENDING: of the oldest one that a worker could deliver now; null where there is none. */
    oldestDueSeconds: number | null;
  }[];
  integrations: { status: 'CONNECTED' | 'PAUSED' | 'NEEDS_ATTENTION'; count: number }[];
}

/**
 * By kind and state, as of the instant $1. Reads each integration's open deliveries by the index of its states,
 * however many are done: an index of the open ones alone would cost every delivery two more writes.
 */
export const openDeliveries = `
  select d.kind, d.state, count(*)::int as count,
    extract(epoch from $1::timestamptz - min(d.next_attempt_at) filter (
      where d.next_attempt_at <= $1 and i.status = 'CONNECTED'
        and (i.resting_until is null or i.resting_until <= $1)))::float8 as "oldestDueSeconds"
  from integration i
  cross join lateral (
    select kind, state, next_attempt_at from delivery
    where integration_id = i.id and state in ('PENDING', 'HELD', 'FAILED') offset 0) as d
  where i.disconnected_at is null
  group by d.kind, d.state`;

/**
 * Counts what is not done, of all integrations that are not disconnected. A delivery counts as due only while
 * its integration delivers: neither paused, nor in need of attention, nor resting because its PSA asked for it
 * or does not answer.
 */
export async function readWorkState(em: EntityManager, now: Date): Promise<WorkState> {
  const deliveries = await query<WorkState['deliveries'][number]>(em, openDeliveries, [now]);
  const integrations = await query<WorkState['integrations'][number]>(
    em,
    'select status, count(*)::int as count from integration where disconnected_at is null group by status',
  );
  return { deliveries, integrations };
}
