import type { AgendaBackend, Job } from 'agenda';
import { withLogFields } from '../observability/log.js';
import type { Metrics } from '../observability/metrics.js';
import { inSpan } from '../observability/span.js';

/** Agenda overwrites when a job was due before it lets it run; this is where its due time is kept. */
interface Taken {
  nextRunAt?: Date | null;
  dueAt?: Date | null;
}

/** Has every job that is taken from the store remember when it was due. */
export function rememberDueTimes(backend: AgendaBackend): void {
  const { repository } = backend;
  const getNextJobToRun = repository.getNextJobToRun.bind(repository);
  const lockJob = repository.lockJob.bind(repository);
  repository.getNextJobToRun = async (...asked) => remembering(await getNextJobToRun(...asked));
  repository.lockJob = async (...asked) => remembering(await lockJob(...asked));
}

function remembering<T extends Taken>(taken: T | undefined): T | undefined {
  if (taken) taken.dueAt = taken.nextRunAt;
  return taken;
}

/** The integration that a job is about; undefined for the tick. */
export function integrationOf(job: Job): string | undefined {
  return (job.attrs.data as { integrationId?: string } | undefined)?.integrationId;
}

/** Measures a job, gives it a span, and has its log lines say which job and integration they are about. */
export function watched(metrics: Metrics, work: (job: Job) => Promise<void>): (job: Job) => Promise<void> {
  return async job => {
    const { name } = job.attrs;
    const { dueAt } = job.attrs as Taken;
    const integration = integrationOf(job);
    if (dueAt) metrics.observeJobLag(name, (Date.now() - dueAt.getTime()) / 1000);
    const began = performance.now();
    let failed = true;
    try {
      await withLogFields({ job: name, ...(integration ? { integration } : {}) }, () =>
        inSpan(
          `job ${name}`,
          {
            'psa_bridge.job.name': name,
            ...(integration ? { 'psa_bridge.integration.id': integration } : {}),
          },
          () => work(job),
        ),
      );
      failed = false;
    } finally {
      metrics.observeJob(name, failed, (performance.now() - began) / 1000);
    }
  };
}
