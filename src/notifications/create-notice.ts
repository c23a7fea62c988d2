import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../db/sql.js';
import type { WakeUp } from '../domain/integrations/wake-up.js';
import { type NoticePayload, NoticeType } from '../domain/notices/notice.js';

/** How long a recovery has to last until it is told: a right that is missing may show at the next delivery only. */
const lastsMs = 2 * 60_000;

/**
 * Owes the notice that an integration needs attention, in `em`'s transaction, which has just set its status.
 * Not where its recovery was not told yet: then it is the same trouble, known already.
 */
export async function oweTrouble(
  em: EntityManager,
  integrationId: string,
  { now, wakeUp }: { now: Date; wakeUp: WakeUp },
): Promise<void> {
  const untold = await query(
    em,
    `delete from notice where integration_id = $1 and type = $2 and addressed_at is null returning 1`,
    [integrationId, NoticeType.RECOVERED],
  );
  if (untold.length > 0) return;
  const type = NoticeType.NEEDS_ATTENTION;
  await insertNotice(em, { type, integrationId, now, dueAt: now, details: { since: now.toISOString() } });
  await wakeUp(em, 'notices', [integrationId]);
}

/**
 * Owes the notice that an integration is well again, if it was told that it is not, in `em`'s transaction,
 * which has just set its status. The tick has it sent once the recovery has lasted.
 */
export async function oweRecovery(em: EntityManager, integrationId: string, now: Date): Promise<void> {
  // Two that find it well at the same moment come one after the other.
  await query(em, 'select 1 from integration where id = $1 for no key update', [integrationId]);
  const [newest] = await query<{ type: NoticeType; since: string }>(
    em,
    `select type, payload ->> 'timestamp' as since from notice where integration_id = $1 and type in ($2, $3)
     order by id desc limit 1`,
    [integrationId, NoticeType.NEEDS_ATTENTION, NoticeType.RECOVERED],
  );
  if (newest?.type !== NoticeType.NEEDS_ATTENTION) return;
  const dueAt = new Date(now.getTime() + lastsMs);
  const type = NoticeType.RECOVERED;
  await insertNotice(em, { type, integrationId, now, dueAt, details: { since: newest.since } });
}

/** Owes a notice about a run, in `em`'s transaction. A run is told of once in a type, however often it is repeated. */
export async function oweRunNotice(
  em: EntityManager,
  type: NoticeType.RUN_FAILED | NoticeType.DELIVERY_HELD,
  runId: string,
  { now, wakeUp }: { now: Date; wakeUp: WakeUp },
): Promise<void> {
  const [run] = await query<{ integrationId: string; run: NoticePayload['data']['run'] }>(
    em,
    `select integration_id as "integrationId", json_build_object('id', id, 'pipeline', pipeline, 'date', for_date,
       'state', state, 'total', total, 'delivered', delivered, 'skipped', skipped, 'failed', failed, 'held', held) as run
     from sync_run where id = $1`,
    [runId],
  );
  const { integrationId, ...details } = run!;
  const owed = await insertNotice(em, { type, integrationId, runId, now, dueAt: now, details });
  if (owed) await wakeUp(em, 'notices', [integrationId]);
}

interface NewNotice {
  type: NoticeType;
  integrationId: string;
  runId?: string;
  now: Date;
  dueAt: Date;
  details: Pick<NoticePayload['data'], 'since' | 'run'>;
}

async function insertNotice(em: EntityManager, notice: NewNotice): Promise<boolean> {
  const { type, integrationId, runId = null, now, dueAt, details } = notice;
  const inserted = await query(
    em,
    `insert into notice (type, integration_id, run_id, payload, due_at, created_at)
     select $1, i.id, $3, jsonb_build_object('type', $1::text, 'timestamp', $4::text, 'data', jsonb_build_object(
       'integrationId', i.id,
       'partner', jsonb_build_object('id', p.id, 'externalId', p.external_id, 'name', p.name),
       'psa', i.psa, 'status', i.status, 'reason', i.status_reason) || $5::jsonb), $6, $7
     from integration i join partner p on p.id = i.partner_id
     where i.id = $2
     on conflict (type, run_id) do nothing
     returning 1`,
    [type, integrationId, runId, now.toISOString(), JSON.stringify(details), dueAt, now],
  );
  return inserted.length > 0;
}
