import { releaseLease, takeLease } from '../db/leases.js';
import { Integration } from '../domain/integrations/integration.js';
import { unplannedRuns } from '../runs/unplanned-runs.js';
import type { PipelinePlannedByJob, PlanningDependencies } from './pipeline.js';

/**
 * Plans the integration's runs of a pipeline, the oldest date first, alone. Returns when to look again; null: only a new
 * run, the end of what keeps one from being planned, or the tick can bring work.
 */
export async function planRuns(
  dependencies: PlanningDependencies,
  { name, planning }: PipelinePlannedByJob,
  integrationId: string,
): Promise<Date | null> {
  const { orm, owner, now } = dependencies;
  const em = orm.em.fork();
  const lease = await takeLease(em, `${planning.job}:${integrationId}`, owner, planning.leaseMs);
  // The holder looks once more after releasing it; if that process died, the tick wakes a worker.
  if (!lease) return null;
  const done = new Set<string>();
  try {
    for (const run of await unplannedRuns(orm.em.fork(), integrationId, name)) {
      const integration = await orm.em
        .fork()
        .findOne(Integration, { id: integrationId, disconnectedAt: null }, { populate: ['partner'] });
      if (!integration) return null;
      if (await planning.plan(dependencies, run, integration)) done.add(run.id);
    }
  } finally {
    await releaseLease(em, lease);
  }
  // Only after the release: a worker that was woken for a new or unblocked run meanwhile did not get the lease.
  const left = await unplannedRuns(orm.em.fork(), integrationId, name);
  if (left.every(run => done.has(run.id))) return null;
  return (await planning.isFree?.(em, integrationId)) === false ? null : now();
}
