import { setTimeout as pause } from 'node:timers/promises';
import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, run } from '../db/sql.js';
import type { RequestBudget } from '../psa/paced-http.js';
import { createBucket, takeRequests } from './take-requests.sql.js';

/** Requests that are taken from the bucket together, so that not every request asks the database. */
const portion = 20;
/** Requests that were taken and are not used by then are lost. */
const portionIsGoodForMs = 5_000;

/**
 * At most `perMinute` requests in any minute for one integration, whichever processes make them. A fifth of it
 * may be sent at once, the rest is spread evenly, so that a burst and the minute after it stay below the limit
 * together.
 */
export function sharedBudget(
  em: () => EntityManager,
  integrationId: string,
  perMinute: number,
): RequestBudget {
  const atOnce = Math.max(1, perMinute / 5);
  const perSecond = (perMinute - atOnce) / 60;
  let mine = 0;
  let goodUntil = 0;
  let fetching: Promise<void> | undefined;

  async function fetchPortion(): Promise<void> {
    const [bucket] = await run(em(), takeRequests, [integrationId, atOnce, perSecond, portion]);
    if (!bucket) {
      await execute(em(), createBucket, [integrationId, atOnce]);
    } else if (bucket.granted > 0) {
      mine = bucket.granted;
      goodUntil = performance.now() + portionIsGoodForMs;
    } else await pause(Math.max(20, ((1 - bucket.available) / perSecond) * 1_000));
  }

  return {
    async take() {
      for (;;) {
        if (performance.now() > goodUntil) mine = 0;
        if (mine > 0) {
          mine -= 1;
          return;
        }
        fetching ??= fetchPortion().finally(() => {
          fetching = undefined;
        });
        await fetching;
      }
    },
  };
}

/** No limit. */
export const noBudget: RequestBudget = { take: async () => {} };
