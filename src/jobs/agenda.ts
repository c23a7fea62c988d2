import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { Agenda, type Job } from 'agenda';
import type { JobStore } from './job-store.js';
import { rememberDueTimes } from './remember-due-times.js';

export interface RunningAgenda {
  agenda: Agenda;
  /** Whether due jobs are looked for and begun. */
  takesJobs(): boolean;
  /** Lets running jobs end within the limit, hands back what was taken and not begun, closes Agenda's connections. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Agenda with the settings under which 6.2.6 was found to be safe. Its defaults lock a whole queue before the first job
 * runs, refill a queue only at the next poll, and end the process when the notification connection is lost.
 */
export function makeAgenda(store: JobStore, logError: (error: unknown) => void): RunningAgenda {
  rememberDueTimes(store.backend);
  // Agenda 6.2.6 listens to no error of the channel: without a listener a restart of PostgreSQL ends the process.
  store.channel.on('error', logError);
  // Processes with equal names would ignore each other's notices.
  const name = `${hostname()}-${process.pid}-${Date.now().toString(36)}`;
  const agenda = new Agenda({
    backend: store.backend,
    notificationChannel: store.channel,
    name,
    processEvery: 1_000,
    defaultConcurrency: 10,
    maxConcurrency: 40,
    // Without these limits (the default) 6.2.6 locks a whole queue, row by row, before it runs the first job.
    defaultLockLimit: 30,
    lockLimit: 120,
    defaultLockLifetime: 60_000,
    // Kept, they would slow down every poll.
    removeOnComplete: true,
  });
  agenda.on('error', logError);
  let stopping = false;
  refillOnCompletion(agenda, () => stopping);
  return {
    agenda,
    takesJobs: () => !stopping && processorOf(agenda)?.isRunning === true,
    async stop(graceMs) {
      stopping = true;
      await drain(agenda, graceMs);
      // `drain()` of 6.2.6 leaves jobs locked that were taken and not begun; they would wait for their lock to expire.
      await store.handBack(name);
      await agenda.stop(true);
    },
  };
}

/** What Agenda 6.2.6 keeps private and the workarounds need. Its version is pinned for that reason. */
interface Processor {
  isRunning: boolean;
  runningJobs: unknown[];
  jobQueueFilling(name: string): Promise<void>;
  jobProcessing(): Promise<void>;
}
function processorOf(agenda: Agenda): Processor | undefined {
  return (agenda as unknown as { jobProcessor?: Processor }).jobProcessor;
}

/**
 * Fills a queue again as soon as one of its jobs ends. Agenda 6.2.6 does so only at the next poll: a process ran 40 jobs
 * a second without this, and 586 with it (no-op jobs, lock limit 40, two cores).
 */
function refillOnCompletion(agenda: Agenda, stopping: () => boolean): void {
  const busy = new Set<string>();
  agenda.on('complete', (job: Job, remote?: boolean) => {
    const name = job.attrs?.name;
    if (remote || stopping() || !name || busy.has(name)) return;
    busy.add(name);
    setTimeout(async () => {
      const processor = processorOf(agenda);
      try {
        if (processor?.isRunning && !stopping()) {
          await processor.jobQueueFilling(name);
          void processor.jobProcessing();
        }
      } finally {
        busy.delete(name);
      }
    }, 10);
  });
}

/**
 * Waits until no job runs, at most `graceMs`. `drain()` of 6.2.6 alone always waits for its whole time-out: it misses the
 * end of the last job when finished jobs are removed.
 */
async function drain(agenda: Agenda, graceMs: number): Promise<void> {
  const idle = new AbortController();
  const poll = setInterval(() => {
    if ((processorOf(agenda)?.runningJobs.length ?? 0) === 0) idle.abort();
  }, 25);
  try {
    await agenda.drain({ timeout: graceMs, signal: idle.signal });
  } finally {
    clearInterval(poll);
  }
  await pause(0);
}
