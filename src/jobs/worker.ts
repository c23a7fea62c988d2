import { makeAgenda } from './agenda.js';
import { defineIntegrationJob, defineScheduledJob, type RunningDependencies } from './define-job.js';
import { integrationJobs, type JobDependencies, scheduledJobs } from './registered-jobs.js';

export type WorkerDependencies = RunningDependencies & JobDependencies;

export interface Worker {
  /** Whether due jobs are looked for and begun. */
  takesJobs(): boolean;
  /** Lets running jobs end within the limit, and hands back the rest. */
  stop(graceMs: number): Promise<void>;
}

/** Starts running every registered job. Resolves when wake-ups are taken and the schedules are stored. */
export async function startWorker(dependencies: WorkerDependencies): Promise<Worker> {
  const { jobStore, logger } = dependencies;
  const { agenda, takesJobs, stop } = makeAgenda(jobStore, error =>
    logger.error({ err: error }, 'the job queue reports an error'),
  );
  const stopping = new AbortController();
  for (const job of integrationJobs) defineIntegrationJob(agenda, job, dependencies, stopping.signal);
  for (const job of scheduledJobs) defineScheduledJob(agenda, job, dependencies, stopping.signal);
  await agenda.start();
  const stopTakingWakeUps = jobStore.takeWakeUps();
  for (const { name, every, atStart } of scheduledJobs) {
    await agenda.every(every, name, undefined, { skipImmediate: true });
    if (atStart) await agenda.now(name, {});
  }
  return {
    takesJobs,
    async stop(graceMs) {
      stopTakingWakeUps();
      stopping.abort();
      await stop(graceMs);
    },
  };
}
