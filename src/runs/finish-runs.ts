import type { EntityManager } from '@mikro-orm/postgresql';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { NoticeType } from '../domain/notices/notice-type.js';
import { createRunNotice } from '../notifications/create-notice.js';
import { endRuns } from './end-runs.sql.js';

/**
 * Ends the integration's runs that have nothing left to do. What is held for approval does not keep a run
 * going. Decided by the run's own counts: they are locked and read together, so that results that are
 * reported at the same moment either keep the run open or find it closed. People are notified of a scheduled run
 * with failures.
 */
export function finishRuns(
  em: EntityManager,
  integrationId: string,
  { now, wakeUp }: { now: Date; wakeUp: WakeUp },
): Promise<void> {
  return em.transactional(async tx => {
    for (const { id, isReported } of await endRuns(tx, integrationId, now))
      if (isReported) await createRunNotice(tx, NoticeType.RUN_FAILED, id, { now, wakeUp });
  });
}
