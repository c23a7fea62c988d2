import type { EntityManager } from '@mikro-orm/postgresql';
import { RunState } from '../domain/runs/sync-run.js';
import { rowsOf } from '../domain/tables.js';

/** Shows on the integration's running runs why they do not progress. It is cleared when they end. */
export async function explainRuns(em: EntityManager, integrationId: string, reason: string): Promise<void> {
  await rowsOf(em, tables =>
    tables
      .updateTable('sync_run')
      .set({ error: reason })
      .where('integration_id', '=', integrationId)
      .where('state', '=', RunState.RUNNING),
  );
}
