import type { EntityManager } from '@mikro-orm/postgresql';
import { DeliveryState } from '../domain/deliveries/delivery.js';
import { reasons } from '../domain/deliveries/reasons.js';
import { unschedule } from '../domain/integrations/reschedule.js';
import type { Schedule } from '../domain/integrations/schedule.js';
import { disconnected } from '../domain/integrations/status.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { RunState } from '../domain/runs/sync-run.js';
import { rowsOf } from '../domain/tables.js';
import { finishRuns } from '../runs/finish-runs.js';
import { lockIntegration } from './lock-integration.js';

/**
 * Ends an integration: its credentials are erased at once, and what is pending or held is skipped. Its history stays,
 * so that connecting the same account again repeats nothing. False where it was disconnected already.
 */
export function disconnectIntegration(
  em: EntityManager,
  id: string,
  { now, schedules, wakeUp }: { now: Date; schedules: readonly Schedule[]; wakeUp: WakeUp },
): Promise<boolean> {
  return em.transactional(async tx => {
    const integration = await lockIntegration(tx, id);
    if (!integration) return false;
    Object.assign(integration, disconnected(now));
    unschedule(integration, schedules);
    await tx.flush();
    await skipPendingDeliveries(tx, id);
    await endPlanning(tx, id, now);
    await finishRuns(tx, id, { now, wakeUp });
    return true;
  });
}

async function skipPendingDeliveries(em: EntityManager, integrationId: string): Promise<void> {
  await rowsOf(em, tables =>
    tables
      .updateTable('delivery')
      .set({
        state: DeliveryState.SKIPPED,
        next_attempt_at: null,
        reason_code: 'DISCONNECTED',
        last_error: reasons.DISCONNECTED,
      })
      .where('integration_id', '=', integrationId)
      .where('state', 'in', [DeliveryState.PENDING, DeliveryState.HELD]),
  );
}

/** No worker plans a run of a disconnected integration: it ends with what it has. */
async function endPlanning(em: EntityManager, integrationId: string, now: Date): Promise<void> {
  await rowsOf(em, tables =>
    tables
      .updateTable('sync_run')
      .set({ planned_at: now })
      .where('integration_id', '=', integrationId)
      .where('state', '=', RunState.RUNNING)
      .where('planned_at', 'is', null),
  );
}
