import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../db/sql.js';
import { reasons } from '../domain/deliveries/reasons.js';
import { type Integration, IntegrationStatus } from '../domain/integrations/integration.js';
import { reschedule } from '../domain/integrations/reschedule.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { createRecoveryNotice } from '../notifications/create-notice.js';
import { finishRuns } from '../runs/finish-runs.js';

/** Stops deliveries and scheduled runs by a person's wish; what is owed waits. */
export async function pauseIntegration(em: EntityManager, integration: Integration): Promise<void> {
  integration.status = IntegrationStatus.PAUSED;
  integration.statusReason = 'Paused by a person. Resume it when its deliveries shall go out.';
  integration.nextProbeAt = null;
  await em.flush();
}

/**
 * Lets a paused integration, or one that needs attention, go on at once: everything owed goes out, missed
 * runs are made up for by the next tick.
 */
export async function resumeIntegration(
  em: EntityManager,
  integration: Integration,
  { now, usageRunTime, wakeUp }: { now: Date; usageRunTime: string; wakeUp: WakeUp },
): Promise<void> {
  await em.transactional(async tx => {
    integration.status = IntegrationStatus.CONNECTED;
    integration.statusReason = null;
    integration.nextProbeAt = null;
    integration.probes = 0;
    reschedule(integration, await integration.partner.loadOrFail(), { now, usageRunTime });
    await tx.flush();
    await createRecoveryNotice(tx, integration.id, now);
    await wakeUp(tx, 'deliver', [integration.id]);
  });
}

/**
 * Ends an integration: its credentials are erased at once, what was still owed is skipped. Its history stays,
 * so that connecting the same account again repeats nothing.
 */
export async function disconnectIntegration(
  em: EntityManager,
  integration: Integration,
  { now, wakeUp }: { now: Date; wakeUp: WakeUp },
): Promise<void> {
  await em.transactional(async tx => {
    integration.credentials = null;
    integration.disconnectedAt = now;
    integration.nextDigestAt = null;
    integration.nextUsageAt = null;
    integration.nextProbeAt = null;
    await tx.flush();
    await query(
      tx,
      `update delivery set state = 'SKIPPED', next_attempt_at = null, reason_code = 'DISCONNECTED', last_error = $2
       where integration_id = $1 and state in ('PENDING', 'HELD')`,
      [integration.id, reasons.DISCONNECTED],
    );
    await query(
      tx,
      `update sync_run set planned_at = $2 where integration_id = $1 and state = 'RUNNING' and planned_at is null`,
      [integration.id, now],
    );
    await finishRuns(tx, integration.id, { now, wakeUp });
  });
}
