import type { EntityManager } from '@mikro-orm/postgresql';
import { execute } from '../db/sql.js';
import { unsurePauseMs } from '../domain/deliveries/retry-pauses.js';

/**
 * Puts off what a worker that was killed or frozen was processing: its last requests may have gone out until its lease
 * ended, and the PSA may be processing them a while longer. Looked up too early, a ticket would be made again.
 */
export async function leaveToSettle(
  em: EntityManager,
  integrationId: string,
  leaseRanOutAt: Date,
): Promise<void> {
  await execute(
    em,
    `update delivery set next_attempt_at = greatest(next_attempt_at, $2), claim_fence = null
     where integration_id = $1 and state = 'PENDING' and claim_fence is not null`,
    [integrationId, new Date(leaseRanOutAt.getTime() + unsurePauseMs)],
  );
}
