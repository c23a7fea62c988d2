import type { EntityManager } from '@mikro-orm/postgresql';
import { execute, run } from './sql.js';
import { takeLeaseStatement } from './take-lease.sql.js';

/** The right to work on `name` alone until it ends. Its time is the database's clock, the same for all workers. */
export interface HeldLease {
  name: string;
  owner: string;
  /** Results are written only where the lease still has this number. */
  fence: string;
  /**
   * When the previous lease ended, if its owner did not release it: the owner was killed or frozen while it worked.
   */
  ranOutAt: Date | undefined;
}

/** Takes the lease; undefined while another owner holds it. */
export async function takeLease(
  em: EntityManager,
  name: string,
  owner: string,
  forMs: number,
): Promise<HeldLease | undefined> {
  const [taken] = await run(em, takeLeaseStatement, [name, owner, forMs]);
  if (!taken) return undefined;
  const ranOutAt = taken.ran_out_at === null ? undefined : new Date(taken.ran_out_at);
  return { name, owner, fence: taken.fence, ranOutAt };
}

/** Extends a lease to `forMs` from now; false when it was lost. */
export async function renewLease(em: EntityManager, lease: HeldLease, forMs: number): Promise<boolean> {
  const renewed = await execute(
    em,
    `update lease set until = now() + $3 * interval '1 millisecond' where name = $1 and fence = $2`,
    [lease.name, lease.fence, forMs],
  );
  return renewed > 0;
}

/** Releases a lease, so that the next worker does not wait until it ends. */
export async function releaseLease(em: EntityManager, lease: HeldLease): Promise<void> {
  await execute(em, `update lease set until = now(), owner = '' where name = $1 and fence = $2`, [
    lease.name,
    lease.fence,
  ]);
}
