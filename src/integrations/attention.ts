import { type EntityManager, LockMode } from '@mikro-orm/postgresql';
import { query } from '../db/sql.js';
import { Integration, IntegrationStatus } from '../domain/integrations/integration.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { createRecoveryNotice, createTroubleNotice } from '../notifications/create-notice.js';
import type { PsaAdapter } from '../psa/adapter.js';

const minute = 60_000;

/** When the integration is tried again by itself after `probes` tries: 1, 2, 4 … minutes, then every half hour. */
function nextProbe(now: Date, probes: number): Date {
  return new Date(now.getTime() + Math.min(2 ** probes, 30) * minute);
}

/** The PSA refuses the login or a right is missing: deliveries wait, and people are told what to do, once. */
export async function needAttention(
  em: EntityManager,
  integrationId: string,
  reason: string,
  { now, wakeUp }: { now: Date; wakeUp: WakeUp },
): Promise<void> {
  await em.transactional(async tx => {
    const broken = await query(
      tx,
      `update integration set status = 'NEEDS_ATTENTION', status_reason = $2, next_probe_at = $3, probes = 0
     where id = $1 and status = 'CONNECTED' returning 1`,
      [integrationId, reason, nextProbe(now, 0)],
    );
    if (broken.length > 0) await createTroubleNotice(tx, integrationId, { now, wakeUp });
    await query(tx, `update sync_run set error = $2 where integration_id = $1 and state = 'RUNNING'`, [
      integrationId,
      reason,
    ]);
  });
}

/** Tries an integration that needs attention again; true when it is well and its deliveries can go out. */
export async function probeIntegration(
  em: EntityManager,
  integration: Integration,
  adapter: PsaAdapter,
  now: Date,
): Promise<boolean> {
  const checks = await adapter.checkAccess({ billing: integration.billingEnabled });
  const failed = checks.find(check => check.required && check.state === 'FAILED');
  return em.transactional(async tx => {
    const saved = await tx.findOneOrFail(
      Integration,
      { id: integration.id },
      { lockMode: LockMode.PESSIMISTIC_WRITE, refresh: true },
    );
    // Somebody paused, resumed or disconnected it while it was tried: their word counts.
    if (saved.status !== IntegrationStatus.NEEDS_ATTENTION || saved.disconnectedAt) return false;
    saved.lastCheck = { ok: !failed, checkedAt: now.toISOString(), checks };
    if (failed) {
      saved.probes += 1;
      saved.nextProbeAt = nextProbe(now, saved.probes);
      saved.statusReason = [failed.message, failed.hint].filter(text => text).join(' ');
      return false;
    }
    saved.status = IntegrationStatus.CONNECTED;
    saved.statusReason = null;
    saved.nextProbeAt = null;
    saved.probes = 0;
    await tx.flush();
    await createRecoveryNotice(tx, saved.id, now);
    return true;
  });
}
