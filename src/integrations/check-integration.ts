import type { EntityManager } from '@mikro-orm/postgresql';
import {
  type Integration,
  IntegrationStatus,
  type StoredAccessReport,
} from '../domain/integrations/integration.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { probeIntegration } from './attention.js';
import { checkAccess } from './check-credentials.js';
import type { PsaConnections } from './psa-connections.js';

/** Tries the stored credentials now. An integration that needs attention goes on if they are well again. */
export async function checkIntegration(
  em: EntityManager,
  { connections, wakeUp, now }: { connections: PsaConnections; wakeUp: WakeUp; now(): Date },
  integration: Integration,
): Promise<StoredAccessReport> {
  const adapter = connections.adapterFor(integration);
  if (integration.status === IntegrationStatus.NEEDS_ATTENTION) {
    const well = await probeIntegration(em, integration, adapter, now());
    if (well) await wakeUp(em, 'deliver', [integration.id]);
  } else {
    integration.lastCheck = await checkAccess(adapter, { billing: integration.billingEnabled }, now());
    await em.flush();
  }
  return integration.lastCheck!;
}
