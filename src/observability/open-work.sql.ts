import { z } from 'zod';
import { statement } from '../db/sql.js';
import { DeliveryKind, DeliveryState } from '../domain/deliveries/delivery.js';
import { IntegrationStatus } from '../domain/integrations/integration.js';

/**
 * Counts the deliveries that are not done, by kind and state, as of the instant $1. Reads each integration's open
 * deliveries by the index of its states, however many are done: an index of the open ones alone would cost every delivery
 * two more writes.
 *
 * A delivery counts as due only while its integration delivers: neither paused, nor in need of attention, nor resting
 * because its PSA asked for it or does not answer.
 */
export const openDeliveries = statement(
  z.object({
    kind: z.enum(DeliveryKind),
    state: z.enum(DeliveryState).extract(['PENDING', 'HELD', 'FAILED']),
    count: z.number(),
    /** PENDING: age of the oldest one that a worker could deliver now; null where there is none. */
    oldestDueSeconds: z.number().nullable(),
  }),
  `select d.kind, d.state, count(*)::int as count,
     extract(epoch from $1::timestamptz - min(d.next_attempt_at) filter (
       where d.next_attempt_at <= $1 and i.status = 'CONNECTED'
         and (i.resting_until is null or i.resting_until <= $1)))::float8 as "oldestDueSeconds"
   from integration i
   cross join lateral (
     select kind, state, next_attempt_at from delivery
     where integration_id = i.id and state in ('PENDING', 'HELD', 'FAILED') offset 0) as d
   where i.disconnected_at is null
   group by d.kind, d.state`,
);

/** Counts the integrations that are not disconnected, by status. */
export const connectedIntegrations = statement(
  z.object({ status: z.enum(IntegrationStatus), count: z.number() }),
  'select status, count(*)::int as count from integration where disconnected_at is null group by status',
);
