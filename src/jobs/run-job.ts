import type { Job } from 'agenda';
import type { Logger } from 'pino';
import { withLogFields } from '../observability/log.js';
import type { Metrics } from '../observability/metrics.js';
import { inSpan } from '../observability/span.js';
import { dueAtOf } from './remember-due-times.js';

/** A third of the time after which Agenda considers a job's worker dead (`defaultLockLifetime` in agenda.ts). */
const heartbeatMs = 20_000;

/**
 * Runs `work` as one run of `job`. Everything that is the same for every job is here: lag, duration and failure are
 * measured, the work has a span, its log lines name the job and the integration, a heartbeat keeps the job from being
 * started twice, and a failure is logged and passed on to Agenda.
 */
export async function runJob(
  job: Job,
  { metrics, logger }: { metrics: Metrics; logger: Logger },
  work: () => Promise<void>,
): Promise<void> {
  const { name } = job.attrs;
  const integration = integrationOf(job);
  const dueAt = dueAtOf(job);
  if (dueAt) metrics.observeJobLag(name, (Date.now() - dueAt.getTime()) / 1000);
  const began = performance.now();
  let failed = true;
  try {
    await withLogFields({ job: name, ...(integration && { integration }) }, async () => {
      try {
        await inSpan(
          `job ${name}`,
          { 'psa_bridge.job.name': name, ...(integration && { 'psa_bridge.integration.id': integration }) },
          () => withHeartbeat(job, work),
        );
      } catch (error) {
        logger.error({ err: error }, 'a job failed');
        throw error;
      }
    });
    failed = false;
  } finally {
    metrics.observeJob(name, failed, (performance.now() - began) / 1000);
  }
}

/** The integration that a job works for; undefined for a scheduled job. */
export function integrationOf(job: Job): string | undefined {
  return (job.attrs.data as { integrationId?: string } | undefined)?.integrationId;
}

/** Renews a long job's lock, so that no other worker starts the job too. */
async function withHeartbeat(job: Job, work: () => Promise<void>): Promise<void> {
  const beat = setInterval(() => {
    job.touch().catch(() => {});
  }, heartbeatMs);
  try {
    await work();
  } finally {
    clearInterval(beat);
  }
}
