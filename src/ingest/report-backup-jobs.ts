import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { run, statement } from '../db/sql.js';
import { type BackupStatusName, backupStatusName } from '../domain/backups/backup-job-result.js';
import { eventSummary } from '../domain/backups/event-ticket.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { createEventDeliveries } from '../pipelines/events/create-event-deliveries.js';
import {
  checkRows,
  type IngestResult,
  instant,
  longText,
  quantity,
  type RejectedRow,
  shortText,
} from './check-rows.js';
import { organizationsByExternalId } from './organizations-by-external-id.js';

export interface BackupJobReport {
  externalId: string;
  organizationExternalId: string;
  jobName: string;
  device?: string | null;
  status: BackupStatusName;
  /** RFC 3339, like endedAt. */
  startedAt: string;
  endedAt: string;
  /** Exact decimal. */
  protectedBytes?: string | null;
  message?: string | null;
}

const jobRow = z
  .object({
    externalId: shortText,
    organizationExternalId: shortText,
    jobName: shortText,
    device: shortText.nullish(),
    status: backupStatusName,
    startedAt: instant,
    endedAt: instant,
    protectedBytes: quantity.nullish(),
    message: longText.nullish(),
  })
  .refine(job => job.startedAt <= job.endedAt, { path: ['endedAt'], message: 'lies before startedAt' });

/** A result older than the retention cannot be distinguished from a repetition, and would make its ticket again. */
function keptJobRow(now: Date, retentionDays: number) {
  const oldest = new Date(now.getTime() - retentionDays * 24 * 3_600_000).toISOString();
  return jobRow.refine(job => job.endedAt >= oldest, {
    path: ['endedAt'],
    message: `lies more than ${retentionDays} days back, which is as long as results are kept`,
  });
}

/**
 * Stores finished backup jobs and creates their event deliveries, in one transaction: a result that is accepted has its
 * ticket in the end, or the reason why not. A result never changes: the same again is a duplicate, the same id with
 * other content is rejected as a CONFLICT.
 */
export async function reportBackupJobs(
  em: EntityManager,
  rows: readonly BackupJobReport[],
  { now, wakeUp, retentionDays = 0 }: { now: Date; wakeUp: WakeUp; retentionDays?: number },
): Promise<IngestResult> {
  const { good, rejected } = checkRows(retentionDays > 0 ? keptJobRow(now, retentionDays) : jobRow, rows);
  return em.transactional(async tx => {
    const known = await organizationsByExternalId(tx, good, rejected);
    const inputs = known.map(({ index, row, organization }, n) => ({ n, index, row, organization }));
    const first = new Map<string, (typeof inputs)[number]>();
    for (const input of inputs) {
      const key = `${input.organization.id} ${input.row.externalId}`;
      if (!first.has(key)) first.set(key, input);
    }
    const added = await insertResults(tx, [...first.values()]);
    const events = [...first.values()].flatMap(({ n, row, organization }) => {
      const jobResultId = added.get(n);
      if (!jobResultId) return [];
      const { id: organizationId, partnerId, name } = organization;
      return [
        { jobResultId, organizationId, partnerId, status: row.status, summary: eventSummary(row, name) },
      ];
    });
    const integrations = events.length > 0 ? await createEventDeliveries(tx, events, now) : [];
    if (integrations.length > 0) await wakeUp(tx, 'deliver', integrations);
    const repeated = inputs.filter(input => !added.has(input.n));
    const conflicts = await findConflicts(tx, repeated);
    rejected.push(...conflicts);
    rejected.sort((a, b) => a.index - b.index);
    return { accepted: added.size, duplicates: repeated.length - conflicts.length, rejected };
  });
}

interface Input {
  n: number;
  index: number;
  row: z.output<typeof jobRow>;
  organization: { id: string };
}

const columns = `as r(n int, organization_id uuid, external_id text, job_name text, device text, status text,
  started_at timestamptz, ended_at timestamptz, protected_bytes numeric, message text)`;

function asRecords(inputs: readonly Input[]): string {
  return JSON.stringify(
    inputs.map(({ n, row, organization }) => ({
      n,
      organization_id: organization.id,
      external_id: row.externalId,
      job_name: row.jobName,
      device: row.device,
      status: row.status,
      started_at: row.startedAt,
      ended_at: row.endedAt,
      protected_bytes: row.protectedBytes,
      message: row.message,
    })),
  );
}

/** Sorted, so that two reports cannot block each other. */
const insertNew = statement(
  z.object({ n: z.number(), id: z.string() }),
  `with input as (select * from jsonb_to_recordset($1::jsonb) ${columns}),
     added as (
       insert into backup_job_result
         (organization_id, external_id, job_name, device, status, started_at, ended_at, protected_bytes, message)
       select organization_id, external_id, job_name, device, status, started_at, ended_at, protected_bytes, message
       from input order by organization_id, external_id
       on conflict (organization_id, external_id) do nothing
       returning id, organization_id, external_id
     )
     select input.n, added.id from added join input using (organization_id, external_id)`,
);

/** Inserts what is new; returns n → id. */
async function insertResults(em: EntityManager, inputs: readonly Input[]): Promise<Map<number, string>> {
  if (inputs.length === 0) return new Map();
  const added = await run(em, insertNew, [asRecords(inputs)]);
  return new Map(added.map(row => [row.n, row.id]));
}

const selectDifferent = statement(
  z.object({ n: z.number() }),
  `select r.n from jsonb_to_recordset($1::jsonb) ${columns}
   join backup_job_result b on b.organization_id = r.organization_id and b.external_id = r.external_id
   where (b.job_name, b.device, b.status, b.started_at, b.ended_at, b.protected_bytes, b.message)
     is distinct from (r.job_name, r.device, r.status, r.started_at, r.ended_at, r.protected_bytes, r.message)`,
);

/** The rows whose id is taken by a result with other content. */
async function findConflicts(em: EntityManager, inputs: readonly Input[]): Promise<RejectedRow[]> {
  if (inputs.length === 0) return [];
  const different = await run(em, selectDifferent, [asRecords(inputs)]);
  const byN = new Map(inputs.map(input => [input.n, input]));
  return different.map(({ n }) => {
    const { index, row } = byN.get(n)!;
    return {
      index,
      code: 'CONFLICT',
      message: `externalId: "${row.externalId}" was reported before with other content; results do not change, so send a new one with its own externalId`,
    };
  });
}
