import type { Agenda } from 'agenda';
import type { Logger } from 'pino';
import type { Metrics } from '../observability/metrics.js';
import type { IntegrationJob, ScheduledJob } from './job.js';
import type { JobStore } from './job-store.js';
import { integrationOf, runJob } from './run-job.js';

/** What running any job needs, beside what its own work needs. */
export interface RunningDependencies {
  jobStore: JobStore;
  metrics: Metrics;
  logger: Logger;
  now(): Date;
}

/** Work that is due later than this is left to the tick. */
const soonMs = 60_000;

/**
 * Has `agenda` run an integration job. The other wake-ups that wait for the same work are dropped before it begins, and
 * where the work says when to look again, the integration is woken again then.
 */
export function defineIntegrationJob<Dependencies extends RunningDependencies>(
  agenda: Agenda,
  job: IntegrationJob<Dependencies>,
  dependencies: Dependencies,
  stop: AbortSignal,
): void {
  const { jobStore, now } = dependencies;
  agenda.define(
    job.name,
    run =>
      runJob(run, dependencies, async () => {
        const integrationId = integrationOf(run)!;
        await jobStore.dropWaiting(job.name, integrationId);
        const next = await job.work(dependencies, integrationId, stop);
        if (!next) return;
        const inMs = Math.max(next.getTime() - now().getTime(), 0);
        if (inMs > soonMs) return;
        // Job stores use the machine's clock, whatever `now` says.
        await jobStore.wakeAt(job.name, integrationId, new Date(Date.now() + inMs));
      }),
    { concurrency: job.concurrency, lockLimit: 2 * job.concurrency },
  );
}

/** Has `agenda` run a scheduled job, once at a time in this process. When it runs is said by `agenda.every`. */
export function defineScheduledJob<Dependencies extends RunningDependencies>(
  agenda: Agenda,
  job: ScheduledJob<Dependencies>,
  dependencies: Dependencies,
  stop: AbortSignal,
): void {
  agenda.define(job.name, run => runJob(run, dependencies, () => job.work(dependencies, stop)), {
    concurrency: 1,
    lockLimit: 1,
  });
}
