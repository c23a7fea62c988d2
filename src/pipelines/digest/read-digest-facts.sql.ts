import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { run, statement } from '../../db/sql.js';
import type { DigestFacts } from '../../domain/backups/digest.js';
import { addDays, startOfDay } from '../../domain/calendar.js';

const instant = z.string().transform(text => new Date(text));

/**
 * $1: partner; $2, $3: the day; $4: the instant since which a device counts as one to be backed up; $5: the last id of
 * the page before; $6: the page's size; $7: integration.
 */
const readPage = statement(
  z.object({
    organizationId: z.string(),
    organization: z.string(),
    mapped: z.boolean(),
    known: z.boolean(),
    succeeded: z.number(),
    warned: z.number(),
    failed: z.number(),
    problems: z.array(
      z.object({
        status: z.enum(['WARNING', 'ERROR']),
        jobName: z.string(),
        device: z.string().nullable(),
        endedAt: instant,
        message: z.string().nullable(),
      }),
    ),
    devices: z.array(
      z.object({ name: z.string(), backedUpThatDay: z.boolean(), lastGoodAt: instant.nullable() }),
    ),
  }),
  `select o.id as "organizationId", o.name as organization,
       exists (select 1 from mapping m where m.integration_id = $7 and m.organization_id = o.id) as mapped,
       exists (select 1 from backup_job_result r where r.organization_id = o.id) as known,
       day.succeeded, day.warned, day.failed, day.problems, seen.devices
     from organization o
     cross join lateral (
       select count(*) filter (where status = 'SUCCESS')::int as succeeded,
         count(*) filter (where status = 'WARNING')::int as warned,
         count(*) filter (where status = 'ERROR')::int as failed,
         coalesce(json_agg(json_build_object('status', status, 'jobName', job_name, 'device', device,
           'endedAt', ended_at, 'message', left(message, 400)) order by status, ended_at desc)
           filter (where status <> 'SUCCESS'), '[]') as problems
       from backup_job_result r
       where r.organization_id = o.id and r.ended_at >= $2 and r.ended_at < $3
     ) day
     cross join lateral (
       select coalesce(json_agg(json_build_object('name', name, 'backedUpThatDay', backed_up, 'lastGoodAt', last_good)
         order by name), '[]') as devices
       from (
         select coalesce(device, job_name) as name,
           bool_or(status <> 'ERROR' and ended_at >= $2) as backed_up,
           max(ended_at) filter (where status <> 'ERROR') as last_good
         from backup_job_result r
         where r.organization_id = o.id and r.ended_at >= $4 and r.ended_at < $3
         group by 1
       ) by_device
     ) seen
     where o.partner_id = $1 and o.active and o.id > $5
     order by o.id limit $6`,
);

/** How far back a device counts as one that should be backed up. */
const lookBackDays = 31;

export interface DigestFactsPage {
  organizationId: string;
  /** The integration maps the organization to a company. */
  mapped: boolean;
  /** Null: no backup of this organization was ever reported. */
  facts: DigestFacts | null;
}

/**
 * The day's facts of the partner's active organizations, a page of them after the id `after`, in the order of their
 * ids. A result belongs to the day on which it ended, in the partner's zone. One statement a page.
 */
export async function readDigestFacts(
  em: EntityManager,
  {
    integrationId,
    partner,
    day: { date, soFar },
    after,
    limit,
  }: {
    integrationId: string;
    partner: { id: string; timeZone: string };
    day: { date: string; soFar: boolean };
    after: string;
    limit: number;
  },
): Promise<DigestFactsPage[]> {
  const { timeZone } = partner;
  const rows = await run(em, readPage, [
    partner.id,
    startOfDay(date, timeZone),
    startOfDay(addDays(date, 1), timeZone),
    startOfDay(addDays(date, 1 - lookBackDays), timeZone),
    after,
    limit,
    integrationId,
  ]);
  return rows.map(({ organizationId, mapped, known, ...facts }) => ({
    organizationId,
    mapped,
    facts: known ? { ...facts, date, soFar, timeZone } : null,
  }));
}
