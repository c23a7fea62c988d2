import { releaseLease, takeLease } from '../../db/leases.js';
import type { DeliveryDependencies } from '../../delivery/delivery-dependencies.js';
import { Integration } from '../../domain/integrations/integration.js';
import { Pipeline } from '../../domain/runs/sync-run.js';
import { unplannedRuns } from '../../runs/unplanned-runs.js';
import { planDigestRun } from './plan-digest-run.js';

const leaseMs = 5 * 60_000;

/** Plans the integration's digest runs, the oldest day first, alone. */
export async function planDigestRuns(
  { orm, owner, now, wakeUp }: DeliveryDependencies,
  integrationId: string,
): Promise<void> {
  const em = orm.em.fork();
  const lease = await takeLease(em, `digest:${integrationId}`, owner, leaseMs);
  if (!lease) return;
  try {
    const integration = await em.findOne(
      Integration,
      { id: integrationId, disconnectedAt: null },
      { populate: ['partner'] },
    );
    if (!integration) return;
    for (const run of await unplannedRuns(em, integrationId, Pipeline.DIGEST)) {
      await planDigestRun(orm.em.fork(), run, integration, integration.partner.unwrap(), {
        now: now(),
        wakeUp,
      });
    }
  } finally {
    await releaseLease(em, lease);
  }
}
