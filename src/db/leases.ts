import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from './sql.js';

/** The right to work on `name` alone until it ends. Its time is the database's clock, the same for all workers. */
export interface HeldLease {
  name: string;
  owner: string;
  /** Who writes results does so only where the lease still has this number. */
  fence: string;
  /** When the one before ended, if nobody gave it back: its owner was killed or frozen in the middle of its work. */
  ranOutAt: Date | undefined;
}

/** Takes the lease; undefined while somebody else holds it. */
export async function takeLease(
  em: EntityManager,
  name: string,
  owner: string,
  forMs: number,
): Promise<HeldLease | undefined> {
  const [taken] = await query<{ fence: string; ranOutAt: string | null }>(
    em,
    `with before as (select until from lease where name = $1 and owner <> '')
     insert into lease (name, owner, fence, until) values ($1, $2, 1, now() + $3 * interval '1 millisecond')
     on conflict (name) do update
       set owner = excluded.owner, fence = lease.fence + 1, until = excluded.until
       where lease.until < now()
     returning fence, (select until from before) as "ranOutAt"`,
    [name, owner, forMs],
  );
  if (!taken) return undefined;
  return { name, owner, fence: taken.fence, ranOutAt: taken.ranOutAt ? new Date(taken.ranOutAt) : undefined };
}

/** Prolongs a lease; false when it was lost. */
export async function renewLease(em: EntityManager, lease: HeldLease, forMs: number): Promise<boolean> {
  const renewed = await query(
    em,
    `update lease set until = now() + $3 * interval '1 millisecond' where name = $1 and fence = $2 returning 1`,
    [lease.name, lease.fence, forMs],
  );
  return renewed.length > 0;
}

/** Gives a lease back, so that the next worker need not wait for its end. */
export async function releaseLease(em: EntityManager, lease: HeldLease): Promise<void> {
  await query(em, `update lease set until = now(), owner = '' where name = $1 and fence = $2`, [
    lease.name,
    lease.fence,
  ]);
}
