import type { EntityManager } from '@mikro-orm/postgresql';
import type { Integration } from '../domain/integrations/integration.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { needAttention } from '../integrations/attention.js';
import { endRest, restIntegration } from '../integrations/rest-integration.js';
import { finishRuns } from '../runs/finish-runs.js';
import type { Trouble } from './outcome-of-error.js';

/**
 * Draws the conclusions of a slice: the integration needs attention or rests, its running runs say why, or it works and
 * rests no more; runs that have nothing left to do end.
 */
export async function settleSlice(
  em: EntityManager,
  integration: Integration,
  trouble: Trouble | undefined,
  { now, wakeUp }: { now: Date; wakeUp: WakeUp },
): Promise<void> {
  if (trouble?.kind === 'REST') {
    await restIntegration(em, integration.id, trouble);
  } else {
    if (integration.restingUntil) await endRest(em, integration.id);
    if (trouble) await needAttention(em, integration.id, trouble.reason, { now, wakeUp });
  }
  await finishRuns(em, integration.id, { now, wakeUp });
}
