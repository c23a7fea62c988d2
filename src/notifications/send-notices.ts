import type { EntityManager, MikroORM } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import { query } from '../db/sql.js';
import type { NoticePayload } from '../domain/notices/notice.js';
import { noticePauseMs } from '../domain/notices/notice-pauses.js';
import type { PsaConnections } from '../integrations/psa-connections.js';
import { writeMail } from './mail-text.js';
import { addressNotices } from './receivers.js';
import type { NoticeSenders } from './senders.js';
import type { Sent } from './sent.js';

export interface NoticeSurroundings {
  orm: MikroORM;
  connections: PsaConnections;
  notices: NoticeSenders;
  logger: Logger;
  now(): Date;
}

interface ClaimedNotice {
  id: string;
  channel: 'webhook' | 'email';
  target: string;
  /** This attempt included. */
  attempts: number;
  payload: NoticePayload;
  timeZone: string;
}

/** Sent side by side. */
const pageSize = 8;
/** Longer than any attempt takes; after this another worker takes it for lost. */
const claimMs = 2 * 60_000;

/**
 * Sends the integration's notices that are due. Any number of workers may do it at once. Returns when to look
 * again, null if only a new notice can bring work. A worker that dies between sending and recording leaves one
 * that is sent again, with the same id. Never throws for what a receiver does.
 */
export async function sendNotices(
  surroundings: NoticeSurroundings,
  integrationId: string,
  stop: AbortSignal,
): Promise<Date | null> {
  const { orm, notices, now } = surroundings;
  const em = orm.em.fork();
  await addressNotices(em, integrationId, notices.receivers, now());
  while (!stop.aborted) {
    const page = await claimDue(em, integrationId, now());
    await Promise.all(page.map(notice => sendOne(surroundings, notice)));
    if (page.length < pageSize) break;
  }
  return nextLook(em, integrationId);
}

async function sendOne(surroundings: NoticeSurroundings, notice: ClaimedNotice): Promise<void> {
  const { orm, now, logger } = surroundings;
  const sent = await attempt(surroundings, notice);
  if (sent.state !== 'DELIVERED') {
    // Without the target: a webhook's path may be its secret.
    const { id, channel, attempts } = notice;
    logger.warn({ notice: id, channel, attempts, error: sent.error }, 'a notice could not be sent');
  }
  await record(orm.em.fork(), notice, sent, now());
}

async function attempt(
  { notices, connections, now }: NoticeSurroundings,
  { id, channel, target, payload, timeZone }: ClaimedNotice,
): Promise<Sent> {
  if (channel === 'webhook') {
    if (!notices.webhooks || !notices.receivers.webhookUrls.includes(target)) return unset;
    return notices.webhooks.send(target, { id, at: now(), payload });
  }
  if (!notices.mailer) return unset;
  const psaName = connections.plugins.get(payload.data.psa)?.name ?? payload.data.psa;
  return notices.mailer.send(target, { id, ...writeMail(payload, { psaName, timeZone }) });
}

const unset: Sent = { state: 'FAILED', error: 'The settings do not name this receiver any more.' };

function claimDue(em: EntityManager, integrationId: string, now: Date): Promise<ClaimedNotice[]> {
  return query<ClaimedNotice>(
    em,
    `with due as (
       select d.notice_id, d.channel, d.target from notice_delivery d join notice n on n.id = d.notice_id
       where n.integration_id = $1 and d.state = 'PENDING' and d.next_attempt_at <= $2
       order by d.next_attempt_at, d.notice_id
       limit $3
       for update of d skip locked
     )
     update notice_delivery d set attempts = d.attempts + 1, next_attempt_at = $4
     from due, notice n, integration i, partner p
     where d.notice_id = due.notice_id and d.channel = due.channel and d.target = due.target
       and n.id = d.notice_id and i.id = n.integration_id and p.id = i.partner_id
     returning n.id, d.channel, d.target, d.attempts, n.payload, p.time_zone as "timeZone"`,
    [integrationId, now, pageSize, new Date(now.getTime() + claimMs)],
  );
}

/** A later attempt of somebody else counts more than a failure of ours; what was delivered is delivered. */
async function record(em: EntityManager, notice: ClaimedNotice, sent: Sent, now: Date): Promise<void> {
  const { id, channel, target, attempts } = notice;
  const pause = sent.state === 'RETRY' ? noticePauseMs(attempts) : undefined;
  const state = sent.state === 'RETRY' ? (pause === undefined ? 'FAILED' : 'PENDING') : sent.state;
  await query(
    em,
    `update notice_delivery set state = $5, next_attempt_at = $6, last_error = $7,
       delivered_at = case when $5 = 'DELIVERED' then $8::timestamptz end
     where notice_id = $1 and channel = $2 and target = $3 and state = 'PENDING'
       and (attempts = $4 or $5 = 'DELIVERED')`,
    [
      id,
      channel,
      target,
      attempts,
      state,
      pause === undefined ? null : new Date(now.getTime() + pause),
      sent.state === 'DELIVERED' ? null : sent.error,
      now,
    ],
  );
  if (sent.state !== 'GONE') return;
  await query(
    em,
    `update notice_delivery set state = 'FAILED', next_attempt_at = null, last_error = $3
     where channel = $1 and target = $2 and state = 'PENDING'`,
    [channel, target, sent.error],
  );
}

async function nextLook(em: EntityManager, integrationId: string): Promise<Date | null> {
  const [next] = await query<{ at: string | null }>(
    em,
    `select least(
       (select min(due_at) from notice where integration_id = $1 and addressed_at is null),
       (select min(d.next_attempt_at) from notice_delivery d join notice n on n.id = d.notice_id
        where n.integration_id = $1 and d.state = 'PENDING')) as at`,
    [integrationId],
  );
  return next?.at ? new Date(next.at) : null;
}
