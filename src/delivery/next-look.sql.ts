import type { EntityManager } from '@mikro-orm/postgresql';
import { z } from 'zod';
import { run, statement } from '../db/sql.js';

const nextDue = statement(
  z.object({ at: z.string().nullable() }),
  `select case i.status
     when 'CONNECTED' then greatest(i.resting_until,
       (select min(next_attempt_at) from delivery where integration_id = i.id and state = 'PENDING'))
     when 'NEEDS_ATTENTION' then i.next_probe_at end as at
   from integration i where i.id = $1 and i.disconnected_at is null
     and (i.status <> 'CONNECTED' or exists (
       select 1 from delivery where integration_id = i.id and state = 'PENDING'))`,
);

/** When the integration has something to do next; null while only a new wake-up can bring work. */
export async function nextLook(em: EntityManager, integrationId: string): Promise<Date | null> {
  const [due] = await run(em, nextDue, [integrationId]);
  return due?.at ? new Date(due.at) : null;
}
