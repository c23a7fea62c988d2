import type { EntityManager } from '@mikro-orm/postgresql';
import type { Integration } from '../domain/integrations/integration.js';
import { reschedule } from '../domain/integrations/reschedule.js';
import type { Schedule } from '../domain/integrations/schedule.js';
import { resumed } from '../domain/integrations/status.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { createRecoveryNotice } from '../notifications/create-notice.js';
import { lockIntegration } from './lock-integration.js';

/**
 * Resumes a paused integration, or one that needs attention or rests, at once: due deliveries are sent, and the next
 * tick starts the runs that were missed. Null where it was disconnected meanwhile.
 */
export function resumeIntegration(
  em: EntityManager,
  id: string,
  { now, schedules, wakeUp }: { now: Date; schedules: readonly Schedule[]; wakeUp: WakeUp },
): Promise<Integration | null> {
  return em.transactional(async tx => {
    const integration = await lockIntegration(tx, id);
    if (!integration) return null;
    Object.assign(integration, resumed());
    reschedule(integration, await integration.partner.loadOrFail(), { now, schedules });
    await tx.flush();
    await createRecoveryNotice(tx, integration.id, now);
    await wakeUp(tx, 'deliver', [integration.id]);
    return integration;
  });
}
