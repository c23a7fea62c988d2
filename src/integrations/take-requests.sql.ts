import { z } from 'zod';
import { statement } from '../db/sql.js';

/**
 * Takes up to `portion` requests out of an integration's bucket, after it was refilled for the time that has passed by
 * the database's clock. Values: the integration's id, the most that the bucket holds, what it gains a second, the
 * portion. No row: there is no bucket yet.
 */
export const takeRequests = statement(
  z.object({
    granted: z.number(),
    /** What is left; below 1 where nothing was granted. */
    available: z.number(),
  }),
  `
with bucket as (
  select integration_id, t.now, least($2::float8, available + extract(epoch from t.now - as_of) * $3::float8) as filled
  from request_allowance, lateral (select clock_timestamp() as now) as t
  where integration_id = $1 for update of request_allowance
)
update request_allowance a set available = filled - least($4::int, floor(filled)), as_of = bucket.now
from bucket where a.integration_id = bucket.integration_id
returning least($4::int, floor(filled))::int as granted, a.available`,
);

/** Creates a full bucket. Values: the integration's id, the most that it holds. */
export const createBucket = `
insert into request_allowance (integration_id, available, as_of) values ($1, $2, clock_timestamp())
on conflict do nothing`;
