import type { EntityManager } from '@mikro-orm/postgresql';
import { type PlanningJob, planningJobs } from '../runs/pipeline-name.js';

/** The jobs that work for one integration. */
export type IntegrationJobName = PlanningJob | 'deliver' | 'notices';
export const integrationJobNames: readonly IntegrationJobName[] = [...planningJobs, 'deliver', 'notices'];

/**
 * Has a worker look at these integrations soon, as part of `em`'s transaction: a rollback wakes no worker. A wake-up may be
 * lost or come twice. The tick finds every minute what no worker was woken for, and the work itself can be done only once.
 */
export type WakeUp = (
  em: EntityManager,
  job: IntegrationJobName,
  integrationIds: readonly string[],
) => Promise<void>;
