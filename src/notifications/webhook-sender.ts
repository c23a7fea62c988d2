import { Webhook } from 'standardwebhooks';
import type { NoticePayload } from '../domain/notices/notice-payload.js';
import { describeFailure, type GuardedPoolsOptions, guardedPools } from '../psa/guarded-pools.js';
import type { SendOutcome } from './send-outcome.js';

export interface WebhookSender {
  /** Posts a notice to a receiver, signed as of `at`. `id` is the same for every attempt. Never rejects. */
  send(url: string, notice: { id: string; at: Date; payload: NoticePayload }): Promise<SendOutcome>;
  close(): Promise<void>;
}

/**
 * Posts as the Standard Webhooks specification says, signed with every secret, so that a receiver can change to the
 * newest secret at any time. The same guard as for requests to PSAs applies, and redirects are not followed. Only a
 * status of 2xx means delivered. The answer's body is discarded.
 */
export function createWebhookSender({
  secrets,
  timeoutMs = 15_000,
  ...guard
}: GuardedPoolsOptions & {
  secrets: readonly string[];
  /** For the whole request. */
  timeoutMs?: number;
}): WebhookSender {
  const pools = guardedPools({ connectionsPerSite: 4, ...guard });
  const keys = secrets.map(secret => new Webhook(secret));
  return {
    async send(url, { id, at, payload }) {
      const { type, timestamp, data } = payload;
      const body = JSON.stringify({ type, timestamp, data });
      try {
        const { origin, pathname, search } = new URL(url);
        const answer = await pools.for(new URL(origin)).request({
          method: 'POST',
          path: pathname + search,
          headers: {
            'content-type': 'application/json',
            'user-agent': 'psa-bridge',
            'webhook-id': id,
            'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
            'webhook-signature': keys.map(key => key.sign(id, at, body)).join(' '),
          },
          body,
          signal: AbortSignal.timeout(timeoutMs),
        });
        await answer.body.dump().catch(() => {});
        return outcomeOf(answer.statusCode);
      } catch (error) {
        return { state: 'RETRY', error: describeFailure(error, new URL(url).host) };
      }
    },
    close: () => pools.close(),
  };
}

function outcomeOf(status: number): SendOutcome {
  if (status >= 200 && status < 300) return { state: 'DELIVERED' };
  if (status === 410) {
    return { state: 'GONE', error: 'The receiver answered 410 Gone: nothing more is sent to it.' };
  }
  return { state: 'RETRY', error: `The receiver answered ${status}.` };
}
