import type { PostgresNotificationChannel } from '@agendajs/postgres-backend';
import type { AgendaBackend } from 'agenda';
import type { IntegrationJobName, WakeUp } from '../domain/integrations/wake-up.js';

/**
 * Where Agenda keeps its jobs, and how work wakes a worker through it. There is one implementation for PostgreSQL and
 * one for MongoDB. What both promise is in test/integration/jobs/job-store.suite.ts.
 *
 * A store opens no connection before it is used, so a process that only wakes others needs no access to the jobs.
 */
export interface JobStore {
  /** Agenda's access to the jobs. Agenda connects it when it is created, and disconnects it when it stops. */
  readonly backend: AgendaBackend;

  /**
   * Notifies all workers of a new job, so that they look at once instead of at their next poll (every second).
   * Agenda connects it when it starts. It uses PostgreSQL, whatever store the jobs are in.
   */
  readonly channel: PostgresNotificationChannel;

  /**
   * Wakes a worker now, as part of a transaction: a rollback wakes no worker, and after the commit a worker begins at once.
   * Needs neither `backend` nor `channel`, only the transaction. Where a wake-up is lost on its way to the store, the tick
   * finds the work within a minute.
   */
  readonly wakeUp: WakeUp;

  /**
   * Wakes a worker at `at`, by the machine's clock. Adds nothing where a wake-up for the same work is due between now and
   * then: one is enough for all that want it by then.
   */
  wakeAt(job: IntegrationJobName, integrationId: string, at: Date): Promise<void>;

  /**
   * Removes the wake-ups for this work that are due and not taken by a worker. Call it before looking at the work:
   * whatever they were added for is committed and will be seen. Later ones stay, and so does the one that runs.
   */
  dropWaiting(job: IntegrationJobName, integrationId: string): Promise<void>;

  /**
   * Starts storing the wake-ups that reach this process by other ways than the store itself. Call it when `backend` and
   * `channel` are connected. Returns what ends it.
   */
  takeWakeUps(): () => void;

  /**
   * Makes the jobs available again that the Agenda of this name took and did not finish. Otherwise they would wait until
   * their lock expires.
   */
  handBack(agendaName: string): Promise<void>;

  /** Closes what the store opened itself. Call it after Agenda has stopped. */
  close(): Promise<void>;
}
