import type { AgendaBackend, Job } from 'agenda';

/** A job as the store hands it out, with the due time that `rememberDueTimes` keeps. */
interface Taken {
  nextRunAt?: Date | null;
  dueAt?: Date | null;
}

/**
 * Makes every job that is taken from the store remember when it was due.
 * Works around Agenda 6.2.6, which overwrites a job's due time (`nextRunAt`) before the job runs: without this, how late
 * a job begins cannot be measured.
 */
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

/** When the job was due; undefined where it was not taken through a backend that remembers it. */
export function dueAtOf(job: Job): Date | undefined {
  return (job.attrs as Taken).dueAt ?? undefined;
}
