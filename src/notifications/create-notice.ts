import type { EntityManager } from '@mikro-orm/postgresql';
import { run as runStatement } from '../db/sql.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import type { NoticePayload } from '../domain/notices/notice-payload.js';
import { NoticeType } from '../domain/notices/notice-type.js';
import { rowsOf } from '../domain/tables.js';
import { insertNotice } from './insert-notice.sql.js';

/**
 * How long a recovery must last before its notice is sent: a missing right may only show again at the next
 * delivery.
 */
const recoveryLastsMs = 2 * 60_000;

/**
 * Creates the notice that an integration needs attention, in `em`'s transaction, which has just set its status.
 * Creates none where the notice of the last recovery is still unsent: then it is the same trouble, which is known
 * already. The notice of that recovery is deleted.
 */
export async function createTroubleNotice(
  em: EntityManager,
  integrationId: string,
  { now, wakeUp }: { now: Date; wakeUp: WakeUp },
): Promise<void> {
  const unsentRecoveries = await rowsOf(em, tables =>
    tables
      .deleteFrom('notice')
      .where('integration_id', '=', integrationId)
      .where('type', '=', NoticeType.RECOVERED)
      .where('addressed_at', 'is', null)
      .returning('id'),
  );
  if (unsentRecoveries.length > 0) return;
  const type = NoticeType.NEEDS_ATTENTION;
  await insert(em, { type, integrationId, now, dueAt: now, details: { since: now.toISOString() } });
  await wakeUp(em, 'notices', [integrationId]);
}

/**
 * Creates the notice that an integration works again, in `em`'s transaction, which has just set its status.
 * Creates none where no trouble was reported before. The tick has the notice sent once the recovery has lasted.
 */
export async function createRecoveryNotice(
  em: EntityManager,
  integrationId: string,
  now: Date,
): Promise<void> {
  // Two transactions that see the recovery at the same moment come one after the other.
  await rowsOf(em, tables =>
    tables.selectFrom('integration').select('id').where('id', '=', integrationId).forNoKeyUpdate(),
  );
  const [newest] = await rowsOf(em, tables =>
    tables
      .selectFrom('notice')
      .select(['type', 'payload'])
      .where('integration_id', '=', integrationId)
      .where('type', 'in', [NoticeType.NEEDS_ATTENTION, NoticeType.RECOVERED])
      .orderBy('id', 'desc')
      .limit(1),
  );
  if (newest?.type !== NoticeType.NEEDS_ATTENTION) return;
  const dueAt = new Date(now.getTime() + recoveryLastsMs);
  const type = NoticeType.RECOVERED;
  await insert(em, { type, integrationId, now, dueAt, details: { since: newest.payload.timestamp } });
}

/** Creates a notice about a run, in `em`'s transaction. A run has at most one notice of each type. */
export async function createRunNotice(
  em: EntityManager,
  type: NoticeType.RUN_FAILED | NoticeType.DELIVERY_HELD,
  runId: string,
  { now, wakeUp }: { now: Date; wakeUp: WakeUp },
): Promise<void> {
  const [run] = await rowsOf(em, tables =>
    tables
      .selectFrom('sync_run')
      .select(['id', 'integration_id', 'pipeline', 'for_date', 'state'])
      .select(['total', 'delivered', 'skipped', 'failed', 'held'])
      .where('id', '=', runId),
  );
  const { integration_id: integrationId, for_date, ...counts } = run!;
  const details = { run: { ...counts, date: for_date! } };
  const created = await insert(em, { type, integrationId, runId, now, dueAt: now, details });
  if (created) await wakeUp(em, 'notices', [integrationId]);
}

interface NewNotice {
  type: NoticeType;
  integrationId: string;
  runId?: string;
  now: Date;
  dueAt: Date;
  details: Pick<NoticePayload['data'], 'since' | 'run'>;
}

/** False where the run has a notice of this type already. */
async function insert(em: EntityManager, notice: NewNotice): Promise<boolean> {
  const { type, integrationId, runId = null, now, dueAt, details } = notice;
  const inserted = await runStatement(em, insertNotice, [
    type,
    integrationId,
    runId,
    now.toISOString(),
    JSON.stringify(details),
    dueAt,
    now,
  ]);
  return inserted.length > 0;
}
