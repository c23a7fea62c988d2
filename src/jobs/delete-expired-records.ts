import type { EntityManager } from '@mikro-orm/postgresql';
import { query } from '../db/sql.js';

/** Rows in one transaction: long enough to get on, short enough to be in nobody's way. */
const batch = 5_000;

export interface Thinned {
  deliveries: number;
  jobResults: number;
  runs: number;
  measurements: number;
  notices: number;
}

/**
 * Deletes what is older than `before`: job results, finished tickets, runs without deliveries, measurements,
 * notices that were sent.
 * What is still owed stays, and so does everything that billing rests on: usage deliveries, statements with
 * their lines, and usage runs. Stops between two batches when `stop` is aborted; the next time goes on.
 */
export async function thinFacts(em: EntityManager, before: Date, stop?: AbortSignal): Promise<Thinned> {
  // Ids are made of their time, so the oldest rows are the first of the primary key.
  const ids = `id < (lpad(to_hex((extract(epoch from $1::timestamptz) * 1000)::bigint), 12, '0') || '7000' || repeat('0', 16))::uuid`;
  const inBatches = async (text: string) => {
    for (let deleted = 0; ; ) {
      const rows = await query(em.fork(), text, [before]);
      deleted += rows.length;
      if (rows.length < batch || stop?.aborted) return deleted;
    }
  };
  const deliveries = await inBatches(
    `delete from delivery where id in (
       select id from delivery where ${ids} and kind <> 'USAGE' and state in ('DELIVERED', 'SKIPPED', 'FAILED')
       order by id limit ${batch}) returning 1`,
  );
  const jobResults = await inBatches(
    `delete from backup_job_result where id in (
       select id from backup_job_result r where ${ids} and not exists (select 1 from delivery d where d.job_result_id = r.id)
       order by id limit ${batch}) returning 1`,
  );
  const runs = await inBatches(
    `delete from sync_run where id in (
       select id from sync_run r where ${ids} and state <> 'RUNNING' and (pipeline <> 'USAGE' or dry_run)
         and not exists (select 1 from delivery d where d.run_id = r.id)
       order by id limit ${batch}) returning 1`,
  );
  const measurements = await inBatches(
    `delete from usage_record where id in (
       select id from usage_record where ${ids} and measured_at < $1 order by id limit ${batch}) returning 1`,
  );
  const notices = await inBatches(
    `delete from notice where id in (
       select id from notice n where ${ids} and not exists (
         select 1 from notice_delivery d where d.notice_id = n.id and d.state = 'PENDING')
       order by id limit ${batch}) returning 1`,
  );
  return { deliveries, jobResults, runs, measurements, notices };
}
