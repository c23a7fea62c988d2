import type { EntityManager } from '@mikro-orm/postgresql';
import { Integration } from '../domain/integrations/integration.js';
import { resting } from '../domain/integrations/status.js';
import { explainRuns } from './explain-runs.js';

/** Lets the PSA rest: nothing is tried at this integration before `until`, and running runs show `reason`. */
export async function restIntegration(
  em: EntityManager,
  integrationId: string,
  { until, reason }: { until: Date; reason: string },
): Promise<void> {
  await em.nativeUpdate(Integration, { id: integrationId }, resting(until));
  await explainRuns(em, integrationId, reason);
}

/** The PSA answers again. */
export async function endRest(em: EntityManager, integrationId: string): Promise<void> {
  await em.nativeUpdate(Integration, { id: integrationId }, resting(null));
}
