import { setTimeout as pause } from 'node:timers/promises';
import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../db/sql.js';
import type { RequestBudget } from '../psa/paced-http.js';

/** Taken from the bucket together, so that not every request asks the database. */
const portion = 20;
/** What was taken and not used by then is forgone. */
const portionIsGoodForMs = 5_000;

/**
 * At most `perMinute` requests in any minute for one integration, whichever processes make them. A fifth of it
 * may go out at once, the rest is spread evenly, so that a burst and the minute after it stay below the limit
 * together. ConnectWise is likely to limit above about 1,000 a minute (developer guide).
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
    const [bucket] = await query<{ granted: number; available: number }>(
      em(),
      `with bucket as (
         select integration_id, t.now, least($2::float8, available + extract(epoch from t.now - as_of) * $3::float8) as filled
         from request_allowance, lateral (select clock_timestamp() as now) as t where integration_id = $1 for update of request_allowance
       )
       update request_allowance a set available = filled - least($4::int, floor(filled)), as_of = bucket.now
       from bucket where a.integration_id = bucket.integration_id
       returning least($4::int, floor(filled))::int as granted, a.available`,
      [integrationId, atOnce, perSecond, portion],
    );
    if (!bucket) {
      await query(
        em(),
        `insert into request_allowance (integration_id, available, as_of) values ($1, $2, clock_timestamp())
         on conflict do nothing`,
        [integrationId, atOnce],
      );
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

/** For accounts without a limit. */
export const noBudget: RequestBudget = { take: async () => {} };
