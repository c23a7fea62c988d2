import { deliverSlice } from './deliver-slice.js';
import type { DeliveryDependencies } from './delivery-dependencies.js';
import { holdLease } from './hold-lease.js';
import { leaveToSettle } from './leave-to-settle.sql.js';
import { nextLook } from './next-look.sql.js';
import { openIntegration } from './open-integration.js';
import { settleSlice } from './settle-slice.js';

/**
 * Delivers what is due at one integration, for a slice of time, alone: under the integration's lease. Returns when to
 * look again, null if only a new wake-up can bring work. Never throws for what a PSA does.
 */
export async function deliverIntegration(
  dependencies: DeliveryDependencies,
  integrationId: string,
  stop: AbortSignal,
): Promise<Date | null> {
  const { orm, owner, leaseMs, now, wakeUp } = dependencies;
  const em = orm.em.fork();
  const name = `deliver:${integrationId}`;
  const held = await holdLease(orm, { name, owner, leaseMs }, async (lease, lost) => {
    if (lease.ranOutAt) await leaveToSettle(em, integrationId, lease.ranOutAt);
    const open = await openIntegration(em, dependencies, integrationId);
    if (!open) return;
    const trouble = await deliverSlice(dependencies, open, lease, AbortSignal.any([stop, lost]));
    await settleSlice(em, open.integration, trouble, { now: now(), wakeUp });
  });
  // The holder of the lease looks once more after releasing it; if that process died, the tick wakes a worker.
  if (!held) return null;
  // Only after the release: a worker that was woken for new work meanwhile did not get the lease.
  return nextLook(em, integrationId);
}
