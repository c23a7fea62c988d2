import type { EntityManager } from '@mikro-orm/postgresql';
import { sql } from 'kysely';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { RunState } from '../domain/runs/sync-run.js';
import { rowsOf } from '../domain/tables.js';
import { finishRuns } from '../runs/finish-runs.js';
import { overdueWork } from './overdue-work.sql.js';

const minute = 60_000;

/** How long an events run takes up newly reported results; later ones open a new run. */
const collectingMs = 5 * minute;

/**
 * Wakes a job for all overdue work that no worker was woken for, closes runs that collected long enough, and ends runs
 * whose end was not noted because a process died.
 */
export async function requeueOverdueWork(em: EntityManager, wakeUp: WakeUp, now: Date): Promise<void> {
  await stopCollecting(em, new Date(now.getTime() - collectingMs));
  for (const [job, work] of Map.groupBy(await overdueWork(em, now), ({ job }) => job)) {
    await wakeUp(
      em,
      job,
      work.map(({ integrationId }) => integrationId),
    );
  }
  for (const id of await withEndedRuns(em, new Date(now.getTime() - minute)))
    await finishRuns(em, id, { now, wakeUp });
}

async function stopCollecting(em: EntityManager, startedBefore: Date): Promise<void> {
  await rowsOf(em, tables =>
    tables
      .updateTable('sync_run')
      .set({ collecting: false })
      .where('collecting', '=', true)
      .where('started_at', '<', startedBefore.toISOString()),
  );
}

/** The integrations with a running run, planned before this, that has nothing left to do. */
async function withEndedRuns(em: EntityManager, plannedBefore: Date): Promise<string[]> {
  const rows = await rowsOf(em, tables =>
    tables
      .selectFrom('sync_run')
      .select('integration_id')
      .distinct()
      .where('state', '=', RunState.RUNNING)
      .where('planned_at', '<', plannedBefore.toISOString())
      .where('total', '=', sql<number>`delivered + skipped + failed + held`),
  );
  return rows.map(row => row.integration_id);
}
