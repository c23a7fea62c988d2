import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { run, statement } from '../db/sql.js';

const end = statement(
  z.object({ id: z.string(), isReported: z.boolean() }),
  `update sync_run set
     state = case
       when failed = 0 and held = 0 then 'SUCCEEDED'
       when delivered = 0 and skipped = 0 and held = 0 then 'FAILED'
       else 'PARTIAL' end,
     collecting = false, error = null, finished_at = $2
   where integration_id = $1 and state = 'RUNNING' and planned_at is not null
     and total = delivered + skipped + failed + held
   returning id, failed > 0 and trigger = 'SCHEDULE' as "isReported"`,
);

/**
 * Ends the integration's runs that have nothing left to do, by their own counts. Returns them, with whether people are
 * notified of the run: it was scheduled, so no person was watching it, and something failed.
 */
export function endRuns(
  em: EntityManager,
  integrationId: string,
  now: Date,
): Promise<{ id: string; isReported: boolean }[]> {
  return run(em, end, [integrationId, now]);
}
