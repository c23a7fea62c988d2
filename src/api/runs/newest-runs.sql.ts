import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { run, statement } from '../../db/sql.js';
import { PipelineName } from '../../domain/runs/pipeline-name.js';

const newest = statement(
  z.object({ id: z.string() }),
  `select run.id from unnest($2::text[]) as p(pipeline)
   cross join lateral (
     select id from sync_run where integration_id = $1 and pipeline = p.pipeline order by id desc limit 1) run
   order by run.id`,
);

/** The ids of the newest run of each pipeline of the integration, the oldest first. */
export async function newestRuns(em: EntityManager, integrationId: string): Promise<string[]> {
  const rows = await run(em, newest, [integrationId, Object.values(PipelineName)]);
  return rows.map(({ id }) => id);
}
