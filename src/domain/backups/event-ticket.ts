import { z } from 'zod';
import { localDateTime } from '../calendar.js';
import { backupStatusName } from './backup-job-result.js';
import { formatBytes } from './format-bytes.js';

/** A job result, as far as a ticket tells it. */
export const reportedJob = z.object({
  externalId: z.string(),
  jobName: z.string(),
  device: z.string().nullish(),
  status: backupStatusName,
  /** RFC 3339. */
  startedAt: z.string(),
  endedAt: z.string(),
  /** Exact decimal. */
  protectedBytes: z.string().nullish(),
  message: z.string().nullish(),
});
export type ReportedJob = z.infer<typeof reportedJob>;

const outcome = {
  SUCCESS: 'Backup succeeded',
  WARNING: 'Backup ended with warnings',
  ERROR: 'Backup failed',
} as const;

/** What a ticket says. */
export interface TicketText {
  summary: string;
  /** Plain text, lines separated by \n. */
  body: string;
}

/** What a dispatcher must know, the most important first, because a PSA may cut the end. */
export function eventSummary(job: ReportedJob, organization: string): string {
  const where = job.device ? `${job.device} (${job.jobName})` : job.jobName;
  return `${outcome[job.status]}: ${where} - ${organization}`;
}

/** Earlier results of the same job that made no ticket of their own. */
export interface LeftOut {
  failed: number;
  warned: number;
  succeeded: number;
}

/** The ticket of a job's result. Times are in the partner's zone. */
export function writeEventTicket(
  job: ReportedJob,
  organization: string,
  timeZone: string,
  leftOut?: LeftOut,
): TicketText {
  return {
    summary: eventSummary(job, organization),
    body: eventBody(job, organization, timeZone, leftOut),
  };
}

function eventBody(
  job: ReportedJob,
  organization: string,
  timeZone: string,
  leftOut: LeftOut | undefined,
): string {
  const started = new Date(job.startedAt);
  const ended = new Date(job.endedAt);
  const minutes = Math.round((ended.getTime() - started.getTime()) / 60_000);
  const lines = [
    `${outcome[job.status]}.`,
    '',
    `Customer: ${organization}`,
    `Job: ${job.jobName}`,
    job.device ? `Device: ${job.device}` : undefined,
    `Started: ${localDateTime(started, timeZone)} (${timeZone})`,
    `Ended: ${localDateTime(ended, timeZone)} (${timeZone}), after ${minutes === 1 ? '1 minute' : `${minutes} minutes`}`,
    job.protectedBytes ? `Protected: ${formatBytes(job.protectedBytes)}` : undefined,
    job.message ? `\nMessage:\n${job.message}` : undefined,
    leftOut ? `\n${leftOutLine(leftOut)}` : undefined,
    '',
    `Job result: ${job.externalId}`,
  ];
  return lines.filter(line => line !== undefined).join('\n');
}

function leftOutLine({ failed, warned, succeeded }: LeftOut): string {
  const counts = [
    failed > 0 ? `${failed} failed` : undefined,
    warned > 0 ? `${warned} with warnings` : undefined,
    succeeded > 0 ? `${succeeded} succeeded` : undefined,
  ].filter(text => text !== undefined);
  return `Before this one, while the PSA could not be reached, the job ended: ${counts.join(', ')}. They have no tickets of their own.`;
}
