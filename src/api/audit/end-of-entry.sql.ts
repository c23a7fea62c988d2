import { z } from 'zod';
import { statement } from '../../db/sql.js';

/** When one of the values of the audit entry $1 was changed next, by a later entry about the same thing. */
export const endOfEntry = statement(
  z.object({ at: z.string() }),
  `select later.at from audit_entry entry join audit_entry later
     on later.id > entry.id and later.partner_id = entry.partner_id
       and later.integration_id is not distinct from entry.integration_id
       and later.subject_id is not distinct from entry.subject_id
       and jsonb_exists_any(coalesce(later.before, '{}') || coalesce(later.after, '{}'),
         array(select jsonb_object_keys(coalesce(entry.before, '{}') || coalesce(entry.after, '{}'))))
   where entry.id = $1 order by later.id limit 1`,
);
