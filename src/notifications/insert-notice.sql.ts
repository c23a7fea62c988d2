import { z } from 'zod';
import { statement } from '../db/sql.js';

/**
 * Inserts a notice with its payload, as the integration is at this moment.
 *
 * $1 type, $2 integration, $3 run or null, $4 instant of the payload in RFC 3339, $5 details (JSON object merged into
 * the payload's data), $6 due at, $7 created at. Answers no row where the run has a notice of this type already.
 */
export const insertNotice = statement(
  z.object({ id: z.string() }),
  `insert into notice (type, integration_id, run_id, payload, due_at, created_at)
   select $1, i.id, $3, jsonb_build_object('type', $1::text, 'timestamp', $4::text, 'data', jsonb_build_object(
     'integrationId', i.id,
     'partner', jsonb_build_object('id', p.id, 'externalId', p.external_id, 'name', p.name),
     'psa', i.psa, 'status', i.status, 'reason', i.status_reason) || $5::jsonb), $6, $7
   from integration i join partner p on p.id = i.partner_id
   where i.id = $2
   on conflict (type, run_id) do nothing
   returning id`,
);
