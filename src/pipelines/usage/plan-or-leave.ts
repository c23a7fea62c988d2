import type { EntityManager } from '@mikro-orm/postgresql';
import type { Integration } from '../../domain/integrations/integration.js';
import { RunState, type SyncRun } from '../../domain/runs/sync-run.js';
import { rowsOf } from '../../domain/tables.js';
import { needAttention } from '../../integrations/attention.js';
import { PsaError, PsaLoginRefused, PsaRightMissing } from '../../psa/errors.js';
import type { PlanningDependencies } from '../pipeline.js';
import { planUsageRun } from './plan-usage-run.js';
import { QuantitiesBeingWritten } from './usage-version.sql.js';

/**
 * Plans a usage run. A run whose PSA does not answer, or whose quantities are being written, stays as it is, with the
 * reason, and is tried again later; a dry run fails at once. False: quantities are being written. Rethrows what is
 * unexpected.
 */
export async function planOrLeave(
  dependencies: PlanningDependencies,
  run: SyncRun,
  integration: Integration,
): Promise<boolean> {
  const { orm, connections, now, logger, usageRules: rules, wakeUp } = dependencies;
  try {
    const adapter = connections.adapterFor(integration);
    await planUsageRun(orm.em.fork(), run, integration, adapter, { now: now(), rules, wakeUp });
    return true;
  } catch (error) {
    logger.warn({ run: run.id, integration: integration.id, err: error }, 'a usage run could not be planned');
    const beingWritten = error instanceof QuantitiesBeingWritten;
    const expected = beingWritten || error instanceof PsaError;
    const reason = expected ? error.message : 'Something unexpected went wrong here; it is in the log.';
    if (error instanceof PsaLoginRefused || error instanceof PsaRightMissing) {
      await needAttention(orm.em.fork(), integration.id, reason, { now: now(), wakeUp });
    }
    await leaveUnplanned(orm.em.fork(), run, reason, now());
    if (!expected) throw error;
    return !beingWritten;
  }
}

async function leaveUnplanned(em: EntityManager, run: SyncRun, reason: string, now: Date): Promise<void> {
  await rowsOf(em, tables =>
    tables
      .updateTable('sync_run')
      .set({
        error: reason,
        ...(run.dryRun ? { state: RunState.FAILED, finished_at: now, planned_at: now } : {}),
      })
      .where('id', '=', run.id),
  );
}
