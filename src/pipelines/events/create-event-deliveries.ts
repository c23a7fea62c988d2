import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../../db/sql.js';

/** A stored job result and the summary of its ticket. */
export interface OwedEvent {
  jobResultId: string;
  summary: string;
}

/**
 * Owes the PSA one event for each result, at every integration that the result's partner has connected. A
 * result that is owed already is left as it is: its delivery's key is made of the result. With `runId` the
 * events count towards that run of one integration; otherwise towards each integration's collecting run,
 * which is opened if there is none. Returns the integrations concerned.
 */
export async function oweEvents(
  em: EntityManager,
  events: readonly OwedEvent[],
  now: Date,
  only?: { integrationId: string; runId: string },
): Promise<string[]> {
  const ids = events.map(event => event.jobResultId);
  const runs = only ? [only] : await collectingRuns(em, ids, now);
  if (runs.length === 0) return [];
  await query(
    em,
    `insert into delivery (integration_id, run_id, kind, key, organization_id, job_result_id, summary, next_attempt_at, created_at)
     select i.id, run.id, 'EVENT', 'event:' || r.id, r.organization_id, r.id, e.summary, $3, $3
     from unnest($1::uuid[], $2::text[]) with ordinality as e(job_result_id, summary, n)
     join backup_job_result r on r.id = e.job_result_id
     join organization o on o.id = r.organization_id
     join integration i on i.partner_id = o.partner_id
     join unnest($4::uuid[], $5::uuid[]) as run(integration_id, id) on run.integration_id = i.id
     order by e.n
     on conflict (integration_id, key) do nothing`,
    [
      ids,
      events.map(event => event.summary),
      now,
      runs.map(run => run.integrationId),
      runs.map(run => run.runId),
    ],
  );
  return runs.map(run => run.integrationId);
}

interface CollectingRun {
  integrationId: string;
  runId: string;
}

/**
 * The runs that take up new results, made where there is none. They are not locked: if one is finished at this
 * very moment, the deliveries that are added to it make it go on.
 */
async function collectingRuns(
  em: EntityManager,
  jobResultIds: readonly string[],
  now: Date,
): Promise<CollectingRun[]> {
  const integrations = await query<{ id: string }>(
    em,
    `select i.id from integration i
     where i.disconnected_at is null and i.partner_id in (
       select o.partner_id from backup_job_result r join organization o on o.id = r.organization_id where r.id = any($1))
     order by i.id`,
    [jobResultIds],
  );
  const ids = integrations.map(({ id }) => id);
  for (;;) {
    const known = await query<CollectingRun>(
      em,
      `select integration_id as "integrationId", id as "runId" from sync_run
       where collecting and integration_id = any($1)`,
      [ids],
    );
    if (known.length === ids.length) return known;
    await query(
      em,
      `insert into sync_run (integration_id, pipeline, trigger, collecting, started_at, planned_at)
       select id, 'EVENTS', 'INGEST', true, $2, $2 from unnest($1::uuid[]) as missing(id) order by id
       on conflict (integration_id) where collecting do nothing`,
      [ids.filter(id => !known.some(({ integrationId }) => integrationId === id)), now],
    );
  }
}
