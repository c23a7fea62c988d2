import { releaseLease, takeLease } from '../../db/leases.js';
import { query } from '../../db/sql.js';
import type { DeliveryDependencies } from '../../delivery/delivery-dependencies.js';
import { Integration } from '../../domain/integrations/integration.js';
import { Pipeline, type SyncRun } from '../../domain/runs/sync-run.js';
import { needAttention } from '../../integrations/attention.js';
import { PsaError, PsaLoginRefused, PsaRightMissing } from '../../psa/errors.js';
import { unplannedRuns } from '../../runs/unplanned-runs.js';
import { planUsageRun } from './plan-usage-run.js';
import type { UsageRules } from './read-period-figures.sql.js';
import { QuantitiesBeingWritten } from './usage-version.sql.js';

export interface UsageSurroundings extends DeliveryDependencies {
  usageRules: UsageRules;
}

/** Longer than resolving the places of some thousand companies takes. */
const leaseMs = 10 * 60_000;

/**
 * Plans the integration's usage runs, the oldest invoice date first, alone. A run whose PSA does not answer
 * stays as it is, with the reason, and the tick has it tried again; a dry run fails at once.
 */
export async function planUsageRuns(surroundings: UsageSurroundings, integrationId: string): Promise<void> {
  const { orm, owner } = surroundings;
  const em = orm.em.fork();
  const lease = await takeLease(em, `usage:${integrationId}`, owner, leaseMs);
  if (!lease) return;
  try {
    for (const run of await unplannedRuns(em, integrationId, Pipeline.USAGE))
      await planRun(surroundings, run, integrationId);
  } finally {
    await releaseLease(em, lease);
  }
}

async function planRun(surroundings: UsageSurroundings, run: SyncRun, integrationId: string): Promise<void> {
  const { orm, connections, now, logger, usageRules: rules, wakeUp } = surroundings;
  const em = orm.em.fork();
  const integration = await em.findOne(
    Integration,
    { id: integrationId, disconnectedAt: null },
    { populate: ['partner'] },
  );
  if (!integration) return;
  try {
    const adapter = connections.adapterFor(integration);
    await planUsageRun(em, run, integration, adapter, {
      now: now(),
      rules,
      wakeUp,
    });
  } catch (error) {
    logger.warn({ run: run.id, integration: integrationId, err: error }, 'a usage run could not be planned');
    const known = error instanceof PsaError || error instanceof QuantitiesBeingWritten;
    const reason = known ? error.message : 'Something unexpected went wrong here; it is in the log.';
    if (error instanceof PsaLoginRefused || error instanceof PsaRightMissing) {
      await needAttention(orm.em.fork(), integrationId, reason, { now: now(), wakeUp });
    }
    await query(
      orm.em.fork(),
      `update sync_run set error = $2,
         state = case when dry_run then 'FAILED' else state end,
         finished_at = case when dry_run then $3::timestamptz end,
         planned_at = case when dry_run then $3::timestamptz end
       where id = $1`,
      [run.id, reason, now()],
    );
    if (!known) throw error;
  }
}
