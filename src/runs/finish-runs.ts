import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../db/sql.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { NoticeType } from '../domain/notices/notice-type.js';
import { createRunNotice } from '../notifications/create-notice.js';

/**
 * Ends the integration's runs that have nothing left to do. What is held for approval does not keep a run
 * going. Decided by the run's own counts: they are locked and read together, so that results that are
 * reported at the same moment either keep the run open or find it closed. People are told of a scheduled run
 * with failures.
 */
export function finishRuns(
  em: EntityManager,
  integrationId: string,
  { now, wakeUp }: { now: Date; wakeUp: WakeUp },
): Promise<void> {
  return em.transactional(async tx => {
    const ended = await query<{ id: string; toldOf: boolean }>(
      tx,
      `update sync_run set
       state = case
         when failed = 0 and held = 0 then 'SUCCEEDED'
         when delivered = 0 and skipped = 0 and held = 0 then 'FAILED'
         else 'PARTIAL' end,
       collecting = false, error = null, finished_at = $2
     where integration_id = $1 and state = 'RUNNING' and planned_at is not null
       and total = delivered + skipped + failed + held
     returning id, failed > 0 and trigger = 'SCHEDULE' and pipeline in ('USAGE', 'DIGEST') as "toldOf"`,
      [integrationId, now],
    );
    for (const { id, toldOf } of ended)
      if (toldOf) await createRunNotice(tx, NoticeType.RUN_FAILED, id, { now, wakeUp });
  });
}
