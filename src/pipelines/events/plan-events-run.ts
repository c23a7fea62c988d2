import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { execute, run as runStatement, statement } from '../../db/sql.js';
import { eventSummary, reportedJob } from '../../domain/backups/event-ticket.js';
import { addDays, startOfDay } from '../../domain/calendar.js';
import { dueManually } from '../../domain/deliveries/retry-pauses.js';
import type { SyncRun } from '../../domain/runs/sync-run.js';
import { keepPlan } from '../../runs/keep-plan.js';
import { createEventDeliveries, type EventResult } from './create-event-deliveries.js';

const pageSize = 1_000;

/**
 * What an events run that a person starts does: creates deliveries for the results that have none (those that ended on
 * `run.forDate` in the partner's zone, or all received since the integration was made), and makes events that wait for
 * another attempt due now, or a minute after one that may have been carried out. A dry run only keeps what would be
 * created.
 */
export async function planEventsRun(
  em: EntityManager,
  run: SyncRun,
  integration: { id: string; createdAt: Date },
  partner: { id: string; timeZone: string },
  now: Date,
): Promise<void> {
  for await (const results of resultsWithoutDelivery(em, run.forDate, integration, partner)) {
    if (run.dryRun) await keepPlan(em, run.id, results);
    else await createEventDeliveries(em, results, now, { integrationId: integration.id, runId: run.id });
  }
  if (run.dryRun) return;
  await execute(
    em,
    `update delivery set next_attempt_at = ${dueManually('$2')}, run_id = $3
     where integration_id = $1 and kind = 'EVENT' and state = 'PENDING' and attempts > 0 and next_attempt_at > $2`,
    [integration.id, now, run.id],
  );
}

/**
 * $1: partner; $2: the last id of the page before; $3, $4: the day, null for all received since $5; $6: integration.
 */
const readPage = statement(
  reportedJob.extend({ id: z.string(), organizationId: z.string(), organization: z.string() }),
  `select r.id, r.external_id as "externalId", r.job_name as "jobName", r.device, r.status,
     r.started_at as "startedAt", r.ended_at as "endedAt", o.id as "organizationId", o.name as organization
   from backup_job_result r join organization o on o.id = r.organization_id
   where o.partner_id = $1 and r.id > $2
     and case when $3::timestamptz is null then r.received_at >= $5
       else r.ended_at >= $3 and r.ended_at < $4::timestamptz end
     and not exists (select 1 from delivery d where d.integration_id = $6 and d.key = 'event:' || r.id)
   order by r.id limit ${pageSize}`,
);

async function* resultsWithoutDelivery(
  em: EntityManager,
  date: string | null | undefined,
  integration: { id: string; createdAt: Date },
  partner: { id: string; timeZone: string },
): AsyncGenerator<EventResult[]> {
  const from = date ? startOfDay(date, partner.timeZone) : null;
  const to = date ? startOfDay(addDays(date, 1), partner.timeZone) : null;
  for (let after = '00000000-0000-0000-0000-000000000000'; ; ) {
    const page = await runStatement(em, readPage, [
      partner.id,
      after,
      from,
      to,
      integration.createdAt,
      integration.id,
    ]);
    if (page.length > 0) {
      yield page.map(({ id, organization, organizationId, status, ...job }) => ({
        jobResultId: id,
        organizationId,
        partnerId: partner.id,
        status,
        summary: eventSummary({ ...job, status }, organization),
      }));
    }
    if (page.length < pageSize) return;
    after = page.at(-1)!.id;
  }
}
