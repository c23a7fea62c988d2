import { z } from 'zod';
import { statement } from './sql.js';

/** Takes the lease $1 for the owner $2 and $3 milliseconds. No row: another owner holds it. */
export const takeLeaseStatement = statement(
  z.object({ fence: z.string(), ran_out_at: z.string().nullable() }),
  `with before as (select until from lease where name = $1 and owner <> '')
   insert into lease (name, owner, fence, until) values ($1, $2, 1, now() + $3 * interval '1 millisecond')
   on conflict (name) do update
     set owner = excluded.owner, fence = lease.fence + 1, until = excluded.until
     where lease.until < now()
   returning fence, (select until from before) as ran_out_at`,
);
