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
  // Whoever holds the lease looks once more after giving it back; if it died, the tick has somebody look.
  if (!held) return null;
  // Only now: whoever added work while this process held the lease was turned away.
  return nextLook(em, integrationId);
}
