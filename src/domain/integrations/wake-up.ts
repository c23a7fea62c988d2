import type { EntityManager } from '@mikro-orm/postgresql';

/** The jobs that work for one integration. */
export type IntegrationJob = 'usage' | 'digest' | 'deliver' | 'notices';

/**
 * Has a worker look at these integrations soon. Part of `em`'s transaction: nobody is woken for what is
 * rolled back. A wake-up may be lost or come twice; the minutely tick finds what nobody was woken for, and
 * the work itself can be done only once.
 */
export type WakeUp = (
  em: EntityManager,
  job: IntegrationJob,
  integrationIds: readonly string[],
) => Promise<void>;
