import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { MongoBackend } from '@agendajs/mongo-backend';
import { PostgresBackend, PostgresNotificationChannel } from '@agendajs/postgres-backend';
import { Agenda, type Job } from 'agenda';
import pg from 'pg';
import { rememberDueTimes } from './watch-job.js';

export interface AgendaOptions {
  databaseUrl: string;
  /** Undefined: jobs are kept in PostgreSQL. */
  mongodbUrl: string | undefined;
  logError(error: unknown): void;
}

export interface RunningAgenda {
  agenda: Agenda;
  /** Whether due jobs are looked for and begun. */
  takesJobs(): boolean;
  /** Lets running jobs end within the limit, hands back what was taken and not begun, closes the connections. */
  stop(graceMs: number): Promise<void>;
}

/**
 * Agenda with the settings under which 6.2.6 was found to be safe: its defaults lock a whole queue before the
 * first job runs, refill a queue only at the next poll, and die with the notification connection.
 */
export function makeAgenda({ databaseUrl, mongodbUrl, logError }: AgendaOptions): RunningAgenda {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 5, application_name: 'psa-bridge jobs' });
  pool.on('error', logError);
  const backend = mongodbUrl
    ? new MongoBackend({ address: mongodbUrl })
    : new PostgresBackend({ pool, ensureSchema: false });
  rememberDueTimes(backend);
  const channel = mongodbUrl
    ? new PostgresNotificationChannel({ pool, channelName: 'agenda_mongo' })
    : backend.notificationChannel;
  (channel as PostgresNotificationChannel | undefined)?.on('error', logError);
  const agenda = new Agenda({
    backend,
    ...(mongodbUrl ? { notificationChannel: channel } : {}),
    name: `${hostname()}-${process.pid}-${Date.now().toString(36)}`, // equal names would hide each other's notices
    processEvery: 1_000,
    defaultConcurrency: 10,
    maxConcurrency: 40,
    defaultLockLimit: 30,
    lockLimit: 120,
    defaultLockLifetime: 60_000,
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
      if (!mongodbUrl) await handBack(pool, agenda);
      await agenda.stop(true);
      // A channel that is connecting again after a loss takes its connection now and never gives it back.
      await Promise.race([pool.end(), pause(1_000)]);
    },
  };
}

/** What Agenda keeps private and the workarounds need; its version is pinned. */
interface Processor {
  isRunning: boolean;
  runningJobs: unknown[];
  jobQueueFilling(name: string): Promise<void>;
  jobProcessing(): Promise<void>;
}
function processorOf(agenda: Agenda): Processor | undefined {
  return (agenda as unknown as { jobProcessor?: Processor }).jobProcessor;
}

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

/** `drain()` alone waits for its whole time-out, because it misses the last job when finished jobs are removed. */
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

/** `drain()` leaves jobs locked that were taken and not begun; they would wait for their lock to expire. */
async function handBack(pool: pg.Pool, agenda: Agenda): Promise<void> {
  await pool.query(
    `update agenda_jobs set locked_at = null, next_run_at = coalesce(next_run_at, now())
     where last_modified_by = $1 and locked_at is not null`,
    [agenda.attrs.name],
  );
}

/** Keeps a long job's lock alive, so that no other worker starts it too. */
export function withHeartbeat(
  work: (job: Job) => Promise<void>,
  everyMs = 20_000,
): (job: Job) => Promise<void> {
  return async job => {
    const beat = setInterval(() => {
      job.touch().catch(() => {});
    }, everyMs);
    try {
      await work(job);
    } finally {
      clearInterval(beat);
    }
  };
}
