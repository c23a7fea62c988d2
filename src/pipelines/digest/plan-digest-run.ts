import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../../db/sql.js';
import { writeDigest } from '../../domain/backups/digest.js';
import { localDate } from '../../domain/calendar.js';
import { reasons } from '../../domain/deliveries/reasons.js';
import { dueManually } from '../../domain/deliveries/retry-pauses.js';
import type { WakeUp } from '../../domain/integrations/wake-up.js';
import type { SyncRun } from '../../domain/runs/sync-run.js';
import { keepPlan } from '../../runs/keep-plan.js';
import { readDigestFacts } from './read-digest-facts.js';

/** Organizations whose facts are in memory at once. */
const pageSize = 200;

/**
 * Owes one digest ticket for each active organization and the run's day. A digest that was delivered is never
 * repeated, and one of an unfinished day does not stand in for the whole day's; one that was skipped or failed is written anew and tried again. In a dry run nothing is owed, the
 * summaries are kept with the run. All in one transaction: a run that is cut off starts over.
 */
export async function planDigestRun(
  em: EntityManager,
  run: SyncRun,
  integrationId: string,
  partner: { id: string; timeZone: string },
  { now, wakeUp }: { now: Date; wakeUp: WakeUp },
): Promise<void> {
  const date = run.forDate!;
  const day = { date, soFar: date >= localDate(now, partner.timeZone) };
  await em.transactional(async tx => {
    for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
      const page = await readDigestFacts(tx, partner, day, after, pageSize);
      const digests = page.map(({ organizationId, facts }) => ({
        organizationId,
        ...(facts
          ? writeDigest(facts)
          : {
              summary: `Backup digest ${date}: nothing known`,
              body: '',
              worst: 'SUCCESS',
              reasonCode: 'NOTHING_KNOWN',
            }),
      }));
      await (run.dryRun ? keepPlan(tx, run.id, digests) : owe(tx, run.id, integrationId, day, digests, now));
      if (page.length < pageSize) break;
      after = page.at(-1)!.organizationId;
    }
    await query(
      tx,
      `update sync_run set planned_at = $2,
         state = case when dry_run then 'SUCCEEDED' else state end, finished_at = case when dry_run then $2::timestamptz end
       where id = $1`,
      [run.id, now],
    );
    if (!run.dryRun) await wakeUp(tx, 'deliver', [integrationId]);
  });
}

interface PlannedDigest {
  organizationId: string;
  summary: string;
  body: string;
  worst: string;
  reasonCode?: string;
}

async function owe(
  em: EntityManager,
  runId: string,
  integrationId: string,
  day: { date: string; soFar: boolean },
  digests: readonly PlannedDigest[],
  now: Date,
): Promise<void> {
  await query(
    em,
    `insert into delivery (integration_id, run_id, kind, key, organization_id, summary, content, state, reason_code,
       last_error, next_attempt_at, created_at)
     select $1, $2, 'DIGEST', 'digest:' || d."organizationId" || ':' || $3::text, d."organizationId", d.summary,
       jsonb_build_object('body', d.body, 'worst', d.worst),
       case when d."reasonCode" is null then 'PENDING' else 'SKIPPED' end, d."reasonCode",
       $6::jsonb ->> d."reasonCode", case when d."reasonCode" is null then $5::timestamptz end, $5
     from jsonb_to_recordset($4::jsonb) as d("organizationId" uuid, summary text, body text, worst text, "reasonCode" text)
     order by d."organizationId"
     on conflict (integration_id, key) do update set
       run_id = excluded.run_id, summary = excluded.summary, content = excluded.content, state = excluded.state,
       reason_code = excluded.reason_code, last_error = excluded.last_error,
       next_attempt_at = case when excluded.state = 'PENDING' then ${dueManually('$5')} end
       where delivery.state in ('SKIPPED', 'FAILED')`,
    [
      integrationId,
      runId,
      day.soFar ? `${day.date}:so-far` : day.date,
      JSON.stringify(digests),
      now,
      JSON.stringify(reasons),
    ],
  );
}
