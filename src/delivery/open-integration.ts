import type { EntityManager } from '@mikro-orm/postgresql';
import { Integration, IntegrationStatus } from '../domain/integrations/integration.js';
import { needAttention, probeIntegration } from '../integrations/attention.js';
import type { PsaAdapter } from '../psa/adapter.js';
import type { DeliveryDependencies } from './delivery-dependencies.js';

/** An integration that delivers now, and its connection. */
export interface OpenIntegration {
  integration: Integration;
  adapter: PsaAdapter;
}

/**
 * Opens the connection of an integration that may deliver now. Undefined while it is disconnected, paused or resting,
 * while its credentials cannot be opened, and while it needs attention: then it is probed first, if that is due.
 */
export async function openIntegration(
  em: EntityManager,
  { connections, logger, now, wakeUp }: DeliveryDependencies,
  integrationId: string,
): Promise<OpenIntegration | undefined> {
  const integration = await em.findOne(
    Integration,
    { id: integrationId, disconnectedAt: null },
    { populate: ['partner'] },
  );
  if (!integration || integration.status === IntegrationStatus.PAUSED) return undefined;
  if (integration.restingUntil && integration.restingUntil > now()) return undefined;
  let adapter: PsaAdapter;
  try {
    adapter = connections.adapterFor(integration);
  } catch (error) {
    logger.error({ integration: integrationId, err: error }, 'the connection cannot be opened');
    const reason = 'The stored credentials cannot be opened. Enter them again.';
    await needAttention(em, integrationId, reason, { now: now(), wakeUp });
    return undefined;
  }
  if (integration.status === IntegrationStatus.NEEDS_ATTENTION) {
    const due = integration.nextProbeAt && integration.nextProbeAt <= now();
    if (!due || !(await probeIntegration(em, integration, adapter, now()))) return undefined;
  }
  return { integration, adapter };
}
