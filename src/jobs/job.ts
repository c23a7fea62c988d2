import type { IntegrationJobName } from '../domain/integrations/wake-up.js';

/** Work for one integration, done when a worker is woken for it. A wake-up may come twice or to two workers at once. */
export interface IntegrationJob<Dependencies> {
  readonly name: IntegrationJobName;
  /** How many integrations one process works for at the same time. */
  readonly concurrency: number;
  /**
   * Does what is due for the integration, and ends early when `stop` is aborted. Returns when to look again, null where
   * only a new wake-up can bring work.
   */
  readonly work: (
    dependencies: Dependencies,
    integrationId: string,
    stop: AbortSignal,
  ) => Promise<Date | null>;
}

/** Work at an interval, whichever worker comes first. Two runs at once, in two processes, must do no harm. */
export interface ScheduledJob<Dependencies> {
  readonly name: string;
  /** The interval, as Agenda reads it: "1 minute". */
  readonly every: string;
  /** Whether each worker also runs it once when it starts. */
  readonly atStart: boolean;
  /** Does what is due, and ends early when `stop` is aborted. */
  readonly work: (dependencies: Dependencies, stop: AbortSignal) => Promise<void>;
}
