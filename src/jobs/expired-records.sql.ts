/**
 * What a retention run deletes: each statement deletes at most $2 rows that are older than $1, the oldest first, and
 * answers no rows. An id contains the time at which it was made, so the primary key finds the oldest rows.
 */
const older = `id < (lpad(to_hex((extract(epoch from $1::timestamptz) * 1000)::bigint), 12, '0') || '7000' || repeat('0', 16))::uuid`;

/** Deliveries that are done. Usage deliveries stay: billing rests on them. */
const deliveries = `
  delete from delivery where id in (
    select id from delivery
    where ${older} and kind <> 'USAGE' and state in ('DELIVERED', 'SKIPPED', 'FAILED')
    order by id limit $2)`;

/** Job results without a delivery that is kept. */
const jobResults = `
  delete from backup_job_result where id in (
    select id from backup_job_result r
    where ${older} and not exists (select 1 from delivery d where d.job_result_id = r.id)
    order by id limit $2)`;

/** Ended runs without a delivery that is kept. Usage runs stay, except dry runs. */
const runs = `
  delete from sync_run where id in (
    select id from sync_run r
    where ${older} and state <> 'RUNNING' and (pipeline <> 'USAGE' or dry_run)
      and not exists (select 1 from delivery d where d.run_id = r.id)
    order by id limit $2)`;

/** Usage records. The statements that were closed from them stay, with their lines. */
const usageRecords = `
  delete from usage_record where id in (
    select id from usage_record where ${older} and measured_at < $1 order by id limit $2)`;

/** Notices that are pending for no recipient. */
const notices = `
  delete from notice where id in (
    select id from notice n
    where ${older} and not exists (
      select 1 from notice_delivery d where d.notice_id = n.id and d.state = 'PENDING')
    order by id limit $2)`;

/** In this order: what refers to a record goes before the record. */
export const expiredRecords = { deliveries, jobResults, runs, usageRecords, notices };
