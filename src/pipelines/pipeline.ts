import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import type { Integration } from '../domain/integrations/integration.js';
import type { PartnerCalendar, Schedule } from '../domain/integrations/schedule.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import type { Problem } from '../domain/problem.js';
import type { PipelineName, PlanningJob } from '../domain/runs/pipeline-name.js';
import type { RunTrigger, SyncRun } from '../domain/runs/sync-run.js';
import type { UsageRules } from '../domain/usage/usage-line.js';
import type { PsaConnections } from '../integrations/psa-connections.js';

/**
 * A pipeline decides what has to be written to a PSA, and creates deliveries for it. This is all that the rest of the
 * service knows of one; registry.ts lists them.
 */
export interface Pipeline {
  name: PipelineName;
  /** For the API: when it runs and what it does, in one sentence. */
  description: string;
  /** For the API: what the date of a run is, such as "the invoice date". */
  dateMeaning: string;
  /** For the API: the codes of `disabled`, `checkDate` and `checkHistory`, each with its field and its meaning. */
  problems: string[];

  /** When its runs are due by themselves; null: it runs only when it is started or when something is reported. */
  schedule: ((settings: ScheduleSettings) => Schedule) | null;
  /** The date of a run that is started without one; null: such a run has none. */
  defaultDate(request: RunRequest): string | null;
  /** Why the integration's options do not allow a run; a dry run is possible all the same. */
  disabled(options: Integration): Problem | undefined;
  /** What is wrong with a run for `date`, beyond that it exists and has come. */
  checkDate(date: string, request: RunRequest): Problem | undefined;
  /** Whether a dry run may be for a date that has not come yet. */
  dryRunLooksAhead: boolean;
  /** What is wrong with a run for `date` by what was done already. */
  checkHistory?(em: EntityManager, date: string, request: RunRequest): Promise<Problem | undefined>;

  planning: AtOnce | ByJob;
}

export type PipelinePlannedByJob = Pipeline & { planning: ByJob };

/** Runs are planned in the transaction that starts them. */
export interface AtOnce {
  how: 'AT_ONCE';
  plan(em: EntityManager, run: SyncRun, request: RunRequest): Promise<void>;
}

/** Runs are planned by a worker, one after the other. */
export interface ByJob {
  how: 'BY_JOB';
  job: PlanningJob;
  /** How long a worker that was killed while it planned keeps others from planning. */
  leaseMs: number;
  /**
   * A person cannot start a run while another one of the integration is still to be planned: the answer is
   * ALREADY_RUNNING, with that run.
   */
  oneAtATime: boolean;
  /**
   * Plans one run. False: something keeps it from being planned that ends soon and wakes the job then; `isFree` says
   * whether that is over.
   */
  plan(dependencies: PlanningDependencies, run: SyncRun, integration: Integration): Promise<boolean>;
  isFree?(em: EntityManager, integrationId: string): Promise<boolean>;
}

export interface ScheduleSettings {
  /** "06:00", in each partner's time zone. */
  usageRunTime: string;
}

/** What planning by a job needs from the process that it runs in. */
export interface PlanningDependencies {
  orm: MikroORM;
  connections: PsaConnections;
  logger: Logger;
  now(): Date;
  /** Names this process in leases. */
  owner: string;
  wakeUp: WakeUp;
  usageRules: UsageRules;
}

/** What a person, or the schedule, requests. */
export interface RunRequest {
  integration: Integration;
  partner: PartnerCalendar & { id: string };
  trigger: RunTrigger;
  dryRun: boolean;
  now: Date;
}
