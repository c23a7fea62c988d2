import { z } from 'zod';
import { statement } from '../db/sql.js';

/** When the next notice of the integration $1 is due, to be addressed or to be sent; null where there is none. */
export const nextDueNotice = statement(
  z.object({ at: z.string().nullable() }),
  `select least(
     (select min(due_at) from notice where integration_id = $1 and addressed_at is null),
     (select min(d.next_attempt_at) from notice_delivery d join notice n on n.id = d.notice_id
      where n.integration_id = $1 and d.state = 'PENDING')) as at`,
);
