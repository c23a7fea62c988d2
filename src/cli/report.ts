import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import {
  type BackupJobInput,
  CliReportJobsDocument,
  CliReportUsageDocument,
  type UsageInput,
} from '../gql/typed.js';
import { CliError, type Send } from './api-client.js';
import { isResticMessage, type ResticJob, ResticRun } from './restic.js';

/** Rows in one call; the API takes up to 10,000. */
const batchSize = 1_000;

export interface ReportTotals {
  accepted: number;
  duplicates: number;
  /** One sentence for each rejected row, with its line number. */
  rejected: string[];
}

interface Row<T> {
  line: number;
  value: T;
}
interface Ingested {
  accepted: number;
  duplicates: number;
  rejected: { index: number; code: string; message: string }[];
}

/**
 * Reports usage from JSON lines in the form of the API. Lines that are not JSON and rows that the API rejects are
 * listed with their line number; the others are stored. Memory is bounded by one batch.
 */
export function reportUsage(input: Readable, send: Send): Promise<ReportTotals> {
  return reportRows<UsageInput>(
    input,
    async records => (await send(CliReportUsageDocument, { records })).reportUsage,
  );
}

/** Reports job results from JSON lines, in the form of the API or as printed by one `restic backup --json`. */
export async function reportJobs(
  input: Readable,
  send: Send,
  restic: Omit<ResticJob, 'organizationExternalId' | 'startedAt'> & { organization?: string },
  now: () => Date,
): Promise<ReportTotals> {
  const sendJobs = async (jobs: BackupJobInput[]) =>
    (await send(CliReportJobsDocument, { jobs })).reportBackupJobs;
  const startedAt = now();
  let run: ResticRun | undefined;
  const totals = await reportRows<BackupJobInput>(input, sendJobs, (value, text) => {
    const isFinalError = restic.organization !== undefined && typeof value !== 'object';
    if (!isResticMessage(value) && !run && !isFinalError) return false;
    if (!restic.organization) {
      throw new CliError(
        'This is the output of restic: name the organization of the backup with --organization <external id>.',
      );
    }
    run ??= new ResticRun({ ...restic, organizationExternalId: restic.organization, startedAt });
    run.take(isResticMessage(value) ? value : text);
    return true;
  });
  if (!run && totals.lines === 0 && restic.organization) {
    // If restic fails at the start it prints nothing to standard output. That is a failed backup, too.
    run = new ResticRun({ ...restic, organizationExternalId: restic.organization, startedAt });
  }
  if (run) add(totals, await sendJobs([run.result(now())]), [{ line: totals.lines, value: undefined }]);
  return totals;
}

async function reportRows<T>(
  input: Readable,
  sendRows: (rows: T[]) => Promise<Ingested>,
  takeOther: (value: unknown, text: string) => boolean = () => false,
): Promise<ReportTotals & { lines: number }> {
  const totals = { accepted: 0, duplicates: 0, rejected: [] as string[], lines: 0 };
  let batch: Row<T>[] = [];
  const flush = async () => {
    if (batch.length > 0) add(totals, await sendRows(batch.map(row => row.value)), batch);
    batch = [];
  };
  for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    totals.lines += 1;
    if (text.trim() === '') continue;
    const value = parse(text);
    if (takeOther(value, text)) continue;
    if (typeof value !== 'object' || value === null) {
      totals.rejected.push(`line ${totals.lines}: not a JSON object`);
      continue;
    }
    batch.push({ line: totals.lines, value: value as T });
    if (batch.length === batchSize) await flush();
  }
  await flush();
  return totals;
}

function add(totals: ReportTotals, ingested: Ingested, batch: readonly Row<unknown>[]): void {
  totals.accepted += ingested.accepted;
  totals.duplicates += ingested.duplicates;
  for (const { index, code, message } of ingested.rejected) {
    totals.rejected.push(`line ${batch[index]?.line}: ${code} ${message}`);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
