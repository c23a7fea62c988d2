import type { EntityManager } from '@mikro-orm/postgresql';

/** The jobs that work for one integration. */
export const integrationJobNames = ['usage', 'digest', 'deliver', 'notices'] as const;
export type IntegrationJobName = (typeof integrationJobNames)[number];

/**
 * Has a worker look at these integrations soon, as part of `em`'s transaction: a rollback wakes nobody. A wake-up may be
 * lost or come twice. The tick finds every minute what nobody was woken for, and the work itself can be done only once.
 */
export type WakeUp = (
  em: EntityManager,
  job: IntegrationJobName,
  integrationIds: readonly string[],
) => Promise<void>;
