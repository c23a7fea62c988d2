import type { EntityManager } from '@mikro-orm/postgresql';
import { execute } from '../db/sql.js';
import { expiredRecords } from './expired-records.sql.js';

/** Rows in one transaction: enough to make progress, few enough not to block other transactions. */
const batchSize = 5_000;

/** How many records of each kind were deleted. */
export type DeletedRecords = Record<keyof typeof expiredRecords, number>;

/**
 * Deletes the records that are older than `before`: job results, finished tickets, runs without deliveries, usage
 * records, notices that were sent. Pending deliveries stay, and so does everything that billing depends on: usage
 * deliveries, statements with their lines, and usage runs. Ends between two batches when `stop` is aborted; the next
 * run continues.
 */
export async function deleteExpiredRecords(
  em: EntityManager,
  before: Date,
  stop?: AbortSignal,
): Promise<DeletedRecords> {
  const deleted: DeletedRecords = { deliveries: 0, jobResults: 0, runs: 0, usageRecords: 0, notices: 0 };
  for (const [kind, sql] of Object.entries(expiredRecords) as [keyof DeletedRecords, string][]) {
    let rows: number;
    do {
      rows = await execute(em.fork(), sql, [before, batchSize]);
      deleted[kind] += rows;
    } while (rows === batchSize && !stop?.aborted);
  }
  return deleted;
}
