import type { EntityManager } from '@mikro-orm/postgresql';
import type { ApiDependencies } from '../api/context.js';
import {
  type Integration,
  IntegrationStatus,
  type StoredAccessReport,
} from '../domain/integrations/integration.js';
import { probeIntegration } from './attention.js';
import { checkAccess } from './check-credentials.js';

/** Tries the stored credentials now. An integration that needs attention goes on if they are well again. */
export async function checkIntegration(
  em: EntityManager,
  app: ApiDependencies,
  integration: Integration,
): Promise<StoredAccessReport> {
  const adapter = app.connections.adapterFor(integration);
  if (integration.status === IntegrationStatus.NEEDS_ATTENTION) {
    const well = await probeIntegration(em, integration, adapter, app.now());
    if (well) await app.wakeUp(em, 'deliver', [integration.id]);
  } else {
    integration.lastCheck = await checkAccess(adapter, { billing: integration.billingEnabled }, app.now());
    await em.flush();
  }
  return integration.lastCheck!;
}
