import type { MikroORM } from '@mikro-orm/postgresql';
import { type HeldLease, releaseLease, renewLease, takeLease } from '../db/leases.js';
import { withWriteRight } from '../psa/write-right.js';

/**
 * Does `work` while this process holds the lease; false, and nothing done, while another one holds it. The lease is
 * renewed until the work ends; `lost` is aborted when it cannot be. Requests that write to the PSA may start only while
 * the lease surely lasts: from the moment before it was asked for, on this process's own clock.
 */
export async function holdLease(
  orm: MikroORM,
  { name, owner, leaseMs }: { name: string; owner: string; leaseMs: number },
  work: (lease: HeldLease, lost: AbortSignal) => Promise<void>,
): Promise<boolean> {
  const asked = performance.now();
  const lease = await takeLease(orm.em.fork(), name, owner, leaseMs);
  if (!lease) return false;
  const right = { until: asked + leaseMs };
  const lost = new AbortController();
  const renewal = setInterval(() => {
    const until = performance.now() + leaseMs;
    renewLease(orm.em.fork(), lease, leaseMs).then(
      kept => {
        if (kept) right.until = until;
        else lost.abort();
      },
      () => lost.abort(),
    );
  }, leaseMs / 3);
  try {
    await withWriteRight(right, () => work(lease, lost.signal));
  } finally {
    clearInterval(renewal);
    right.until = 0;
    await releaseLease(orm.em.fork(), lease);
  }
  return true;
}
