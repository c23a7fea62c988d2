import type { EntityManager } from '@mikro-orm/postgresql';
import { execute } from '../../db/sql.js';
import { rowsOf } from '../../domain/tables.js';

/**
 * The runs that take up newly reported results, by integration; opened where there is none. They are not locked: if one
 * is finished at this very moment, the deliveries that are added to it make it continue.
 */
export async function openCollectingRuns(
  em: EntityManager,
  integrationIds: readonly string[],
  now: Date,
): Promise<Map<string, string>> {
  for (;;) {
    const known = await rowsOf(em, tables =>
      tables
        .selectFrom('sync_run')
        .where('collecting', '=', true)
        .where('integration_id', 'in', integrationIds)
        .select(['integration_id', 'id']),
    );
    const runs = new Map(known.map(({ integration_id, id }) => [integration_id, id as string]));
    if (runs.size === integrationIds.length) return runs;
    await execute(
      em,
      `insert into sync_run (integration_id, pipeline, trigger, collecting, started_at, planned_at)
       select id, 'EVENTS', 'INGEST', true, $2, $2 from unnest($1::uuid[]) as missing(id) order by id
       on conflict (integration_id) where collecting do nothing`,
      [integrationIds.filter(id => !runs.has(id)), now],
    );
  }
}
