import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../../db/sql.js';
import type { DigestFacts } from '../../domain/backups/digest.js';
import { addDays, startOfDay } from '../../domain/calendar.js';

interface FactsRow {
  organizationId: string;
  organization: string;
  succeeded: number;
  warned: number;
  failed: number;
  problems: {
    status: 'WARNING' | 'ERROR';
    jobName: string;
    device: string | null;
    endedAt: string;
    message: string | null;
  }[];
  devices: { name: string; backedUpThatDay: boolean; lastGoodAt: string | null }[];
}

/** How far back a device counts as one that should be backed up. */
const lookBackDays = 31;

export interface DigestFactsPage {
  organizationId: string;
  /** Null: no backup of this organization was ever reported. */
  facts: DigestFacts | null;
}

/**
 * The day's facts of the partner's active organizations, a page of them after `afterId`, in the order of
 * their ids. A result belongs to the day on which it ended. One query a page.
 */
export async function readDigestFacts(
  em: EntityManager,
  partner: { id: string; timeZone: string },
  { date, soFar }: { date: string; soFar: boolean },
  afterId: string,
  limit: number,
): Promise<DigestFactsPage[]> {
  const from = startOfDay(date, partner.timeZone);
  const to = startOfDay(addDays(date, 1), partner.timeZone);
  const since = startOfDay(addDays(date, 1 - lookBackDays), partner.timeZone);
  const rows = await query<FactsRow & { known: boolean }>(
    em,
    `select o.id as "organizationId", o.name as organization,
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
    [partner.id, from, to, since, afterId, limit],
  );
  return rows.map(row => ({
    organizationId: row.organizationId,
    facts: row.known
      ? {
          organization: row.organization,
          date,
          soFar,
          timeZone: partner.timeZone,
          succeeded: row.succeeded,
          warned: row.warned,
          failed: row.failed,
          problems: row.problems.map(problem => ({ ...problem, endedAt: new Date(problem.endedAt) })),
          devices: row.devices.map(device => ({
            ...device,
            lastGoodAt: device.lastGoodAt ? new Date(device.lastGoodAt) : null,
          })),
        }
      : null,
  }));
}
