import type { EntityManager } from '@mikro-orm/postgresql';
import type { Integration } from '../domain/integrations/integration.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { RunState } from '../domain/runs/sync-run.js';
import { rowsOf } from '../domain/tables.js';
import { needAttention } from '../integrations/attention.js';
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
  if (trouble?.kind === 'NEEDS_ATTENTION') {
    await needAttention(em, integration.id, trouble.reason, { now, wakeUp });
  }
  const restingUntil = trouble?.kind === 'REST' ? trouble.until : null;
  if (restingUntil || integration.restingUntil) {
    await rowsOf(em, tables =>
      tables
        .updateTable('integration')
        .set({ resting_until: restingUntil })
        .where('id', '=', integration.id)
        .returning('id'),
    );
  }
  if (trouble?.kind === 'REST') {
    const { reason } = trouble;
    await rowsOf(em, tables =>
      tables
        .updateTable('sync_run')
        .set({ error: reason })
        .where('integration_id', '=', integration.id)
        .where('state', '=', RunState.RUNNING)
        .returning('id'),
    );
  }
  await finishRuns(em, integration.id, { now, wakeUp });
}
