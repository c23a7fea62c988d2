import type { MikroORM } from '@mikro-orm/postgresql';
import type { Logger } from 'pino';
import { run } from '../db/sql.js';
import { NoticeChannel } from '../domain/notices/notice-delivery.js';
import { addressNotices } from './address-notices.js';
import { type ClaimedNotice, claimDueNotices } from './claim-due-notices.sql.js';
import { nextDueNotice } from './next-due-notice.sql.js';
import type { NoticeSenders } from './notice-senders.js';
import { recordNoticeAttempt } from './record-notice-attempt.js';
import type { SendOutcome } from './send-outcome.js';
import { writeMail } from './write-mail.js';

export interface NoticeDependencies {
  orm: MikroORM;
  notices: NoticeSenders;
  /** The name that people know a PSA by, from its plugin's id. */
  psaName(plugin: string): string;
  logger: Logger;
  now(): Date;
}

/** How many are sent side by side. */
const pageSize = 8;
/** Longer than any attempt takes. Afterwards another worker considers the attempt lost and repeats it. */
const claimMs = 2 * 60_000;

/**
 * Sends the integration's due notices. Any number of workers may do so at once. Returns when to look again, null if
 * only a new notice can bring work. A notice whose worker dies between sending and recording is sent again, with the
 * same id. Never throws for what a receiver does.
 */
export async function sendNotices(
  dependencies: NoticeDependencies,
  integrationId: string,
  stop: AbortSignal,
): Promise<Date | null> {
  const { orm, notices, now } = dependencies;
  const em = orm.em.fork();
  await addressNotices(em, integrationId, notices.receivers, now());
  while (!stop.aborted) {
    const claimEnds = new Date(now().getTime() + claimMs);
    const page = await run(em, claimDueNotices, [integrationId, now(), pageSize, claimEnds]);
    await Promise.all(page.map(notice => sendOne(dependencies, notice)));
    if (page.length < pageSize) break;
  }
  const [next] = await run(em, nextDueNotice, [integrationId]);
  return next?.at ? new Date(next.at) : null;
}

async function sendOne(dependencies: NoticeDependencies, notice: ClaimedNotice): Promise<void> {
  const { orm, now, logger } = dependencies;
  const outcome = await attempt(dependencies, notice);
  if (outcome.state !== 'DELIVERED') {
    // Without the target: a webhook's path may be its secret.
    const { id, channel, attempts } = notice;
    logger.warn({ notice: id, channel, attempts, error: outcome.error }, 'a notice could not be sent');
  }
  await recordNoticeAttempt(orm.em.fork(), notice, outcome, now());
}

const removed: SendOutcome = { state: 'FAILED', error: 'The settings no longer name this receiver.' };

async function attempt(
  { notices, psaName, now }: NoticeDependencies,
  { id, channel, target, payload, timeZone }: ClaimedNotice,
): Promise<SendOutcome> {
  if (channel === NoticeChannel.WEBHOOK) {
    if (!notices.webhooks || !notices.receivers.webhookUrls.includes(target)) return removed;
    return notices.webhooks.send(target, { id, at: now(), payload });
  }
  if (!notices.mailer) return removed;
  const mail = writeMail(payload, { psaName: psaName(payload.data.psa), timeZone });
  return notices.mailer.send(target, { id, ...mail });
}
