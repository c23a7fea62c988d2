import type { EntityManager } from '@mikro-orm/postgresql';
import type { Integration } from '../domain/integrations/integration.js';
import { needsAttention } from '../domain/integrations/status.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { createTroubleNotice } from '../notifications/create-notice.js';
import type { PsaAdapter } from '../psa/adapter.js';
import { checkAccess } from './check-credentials.js';
import { explainRuns } from './explain-runs.js';
import { lockIntegration } from './lock-integration.js';
import { recordCheck } from './record-check.js';

/**
 * The PSA refuses the login or a right is missing: deliveries wait, people are notified once of what to do, and running
 * runs show `reason`.
 */
export async function needAttention(
  em: EntityManager,
  integrationId: string,
  reason: string,
  { now, wakeUp }: { now: Date; wakeUp: WakeUp },
): Promise<void> {
  await em.transactional(async tx => {
    const integration = await lockIntegration(tx, integrationId);
    const change = integration && needsAttention(integration, reason, now);
    if (change) {
      Object.assign(integration, change);
      await tx.flush();
      await createTroubleNotice(tx, integrationId, { now, wakeUp });
    }
    await explainRuns(tx, integrationId, reason);
  });
}

/** Tries an integration that needs attention again. True when it works and its deliveries can be sent. */
export async function probeIntegration(
  em: EntityManager,
  integration: Integration,
  adapter: PsaAdapter,
  now: Date,
): Promise<boolean> {
  const report = await checkAccess(adapter, { billing: integration.billingEnabled }, now);
  return recordCheck(em, integration.id, report, now);
}
