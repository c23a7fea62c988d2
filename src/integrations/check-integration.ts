import type { EntityManager } from '@mikro-orm/postgresql';
import type { Integration, StoredAccessReport } from '../domain/integrations/integration.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { checkAccess } from './check-credentials.js';
import type { PsaConnections } from './psa-connections.js';
import { recordCheck } from './record-check.js';

/**
 * Checks the rights of the stored credentials now and keeps the report. An integration that needs attention is connected again if
 * every required check passes.
 */
export async function checkIntegration(
  em: EntityManager,
  { connections, wakeUp, now }: { connections: PsaConnections; wakeUp: WakeUp; now(): Date },
  integration: Integration,
): Promise<StoredAccessReport> {
  const adapter = connections.adapterFor(integration);
  const report = await checkAccess(adapter, { billing: integration.billingEnabled }, now());
  const recovered = await recordCheck(em, integration.id, report, now());
  if (recovered) await wakeUp(em, 'deliver', [integration.id]);
  return report;
}
