import type { EntityManager } from '@mikro-orm/postgresql';
import type { StoredAccessReport } from '../domain/integrations/integration.js';
import { probed } from '../domain/integrations/status.js';
import { createRecoveryNotice } from '../notifications/create-notice.js';
import { failuresOf } from './check-credentials.js';
import { lockIntegration } from './lock-integration.js';

/**
 * Keeps the report of an access check. An integration that needs attention works again if the report is ok, otherwise
 * it is probed again later. True where it recovered: its deliveries can be sent. A disconnected one keeps nothing.
 */
export function recordCheck(
  em: EntityManager,
  integrationId: string,
  report: StoredAccessReport,
  now: Date,
): Promise<boolean> {
  return em.transactional(async tx => {
    const integration = await lockIntegration(tx, integrationId);
    if (!integration) return false;
    const change = probed(integration, whatIsWrong(report), now);
    Object.assign(integration, change, { lastCheck: report });
    if (!change || !report.ok) return false;
    await tx.flush();
    await createRecoveryNotice(tx, integrationId, now);
    return true;
  });
}

/** What the first failed check says, with what to do. Undefined for a report that is ok. */
function whatIsWrong(report: StoredAccessReport): string | undefined {
  const [worst] = failuresOf(report);
  return worst && [worst.message, worst.hint].filter(text => text).join(' ');
}
