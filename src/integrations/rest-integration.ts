import type { EntityManager } from '@mikro-orm/postgresql';
import { Integration } from '../domain/integrations/integration.js';
import { resting } from '../domain/integrations/status.js';

/** Lets the PSA rest: nothing is tried at this integration before `until`. Null: it answers again. */
export async function restIntegration(
  em: EntityManager,
  integrationId: string,
  until: Date | null,
): Promise<void> {
  await em.nativeUpdate(Integration, { id: integrationId }, resting(until));
}
