import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../db/sql.js';
import type { IntegrationJobName, WakeUp } from '../domain/integrations/wake-up.js';
import { finishRuns } from '../runs/finish-runs.js';

/** How long an events run takes up newly reported results; later ones open a new run. */
const collectingMs = 5 * 60_000;

/**
 * Finds the work that nobody is woken for: runs that are not planned, deliveries whose next attempt has come,
 * integrations to be probed again, notices that are due, runs whose end was not noted because a process died.
 */
export async function wakeTheForgotten(em: EntityManager, wakeUp: WakeUp, now: Date): Promise<void> {
  await query(em, `update sync_run set collecting = false where collecting and started_at < $1`, [
    new Date(now.getTime() - collectingMs),
  ]);
  const forgotten = await query<{ job: IntegrationJobName; id: string }>(
    em,
    `select lower(pipeline) as job, integration_id as id from sync_run
       where state = 'RUNNING' and planned_at is null and pipeline in ('USAGE', 'DIGEST')
     union
     select 'deliver', i.id from integration i
       where i.disconnected_at is null and (
         (i.status = 'CONNECTED' and (i.resting_until is null or i.resting_until <= $1) and exists (
           select 1 from delivery d
           where d.integration_id = i.id and d.state = 'PENDING' and d.next_attempt_at <= $1))
         or (i.status = 'NEEDS_ATTENTION' and i.next_probe_at <= $1))
     union
     select 'notices', integration_id from notice where addressed_at is null and due_at <= $1
     union
     select 'notices', n.integration_id from notice_delivery d join notice n on n.id = d.notice_id
       where d.state = 'PENDING' and d.next_attempt_at <= $1`,
    [now],
  );
  for (const [job, rows] of Map.groupBy(forgotten, row => row.job)) {
    await wakeUp(
      em,
      job,
      rows.map(row => row.id),
    );
  }
  const ended = await query<{ id: string }>(
    em,
    `select distinct integration_id as id from sync_run
     where state = 'RUNNING' and planned_at is not null and total = delivered + skipped + failed + held
       and planned_at < $1`,
    [new Date(now.getTime() - 60_000)],
  );
  for (const { id } of ended) await finishRuns(em, id, { now, wakeUp });
}
