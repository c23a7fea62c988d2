import type { DeliveryDependencies } from '../delivery/delivery-dependencies.js';
import type { NoticeDependencies } from '../notifications/send-notices.js';
import type { PlanningDependencies } from '../pipelines/pipeline.js';
import { deliverJob } from './deliver-job.js';
import type { IntegrationJob, ScheduledJob } from './job.js';
import { noticesJob } from './notices-job.js';
import { planningJobs } from './planning-jobs.js';
import { type RetentionDependencies, retentionJob } from './retention-job.js';
import { type TickDependencies, tickJob } from './tick-job.js';

/** What all jobs together need. */
export type JobDependencies = DeliveryDependencies &
  PlanningDependencies &
  NoticeDependencies &
  TickDependencies &
  RetentionDependencies;

/** Every job that works for one integration. */
export const integrationJobs: readonly IntegrationJob<JobDependencies>[] = [
  ...planningJobs,
  deliverJob,
  noticesJob,
];

/** Every job that runs at an interval. */
export const scheduledJobs: readonly ScheduledJob<JobDependencies>[] = [tickJob, retentionJob];
