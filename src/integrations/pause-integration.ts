import type { EntityManager } from '@mikro-orm/postgresql';
import type { Integration } from '../domain/integrations/integration.js';
import { paused } from '../domain/integrations/status.js';
import { lockIntegration } from './lock-integration.js';

/**
 * Stops deliveries and scheduled runs by a person's wish; what is pending waits. Null where the integration was
 * disconnected meanwhile.
 */
export function pauseIntegration(em: EntityManager, id: string): Promise<Integration | null> {
  return em.transactional(async tx => {
    const integration = await lockIntegration(tx, id);
    return integration && Object.assign(integration, paused());
  });
}
