/**
 * Keeps total, delivered, skipped, failed and held of a sync run equal to the states of its deliveries, whoever
 * changes them; a run that has something to do again goes on. One update per statement and run; runs are locked in the order of their ids, so that two
 * statements over the same runs cannot wait for each other.
 */
export const deliveryCountsFollowState = `
create function count_deliveries() returns trigger language plpgsql as $$
declare
  changed record;
begin
  for changed in
    select run_id,
      sum(sign) as total,
      sum(sign) filter (where state = 'DELIVERED') as delivered,
      sum(sign) filter (where state = 'SKIPPED') as skipped,
      sum(sign) filter (where state = 'FAILED') as failed,
      sum(sign) filter (where state = 'HELD') as held,
      sum(sign) filter (where state = 'PENDING') as pending
    from (
      select run_id, state, 1 as sign from after_change
      union all
      select run_id, state, -1 from before_change
    ) as change
    where run_id is not null
    group by run_id
    order by run_id
  loop
    if changed.total <> 0 or changed.delivered <> 0 or changed.skipped <> 0 or changed.failed <> 0
      or changed.held <> 0 then
      update sync_run set
        total = total + changed.total,
        delivered = delivered + coalesce(changed.delivered, 0),
        skipped = skipped + coalesce(changed.skipped, 0),
        failed = failed + coalesce(changed.failed, 0),
        held = held + coalesce(changed.held, 0),
        state = case when changed.pending > 0 then 'RUNNING' else state end,
        finished_at = case when changed.pending > 0 then null else finished_at end
      where id = changed.run_id;
    end if;
  end loop;
  return null;
end $$;

create function count_new_deliveries() returns trigger language plpgsql as $$
declare
  added record;
begin
  for added in
    select run_id, count(*) as total,
      count(*) filter (where state = 'DELIVERED') as delivered,
      count(*) filter (where state = 'SKIPPED') as skipped,
      count(*) filter (where state = 'FAILED') as failed,
      count(*) filter (where state = 'HELD') as held,
      count(*) filter (where state = 'PENDING') as pending
    from after_change where run_id is not null group by run_id order by run_id
  loop
    update sync_run set
      total = total + added.total, delivered = delivered + added.delivered,
      skipped = skipped + added.skipped, failed = failed + added.failed, held = held + added.held,
      state = case when added.pending > 0 then 'RUNNING' else state end,
      finished_at = case when added.pending > 0 then null else finished_at end
    where id = added.run_id;
  end loop;
  return null;
end $$;

create trigger delivery_counts_insert after insert on delivery
  referencing new table as after_change for each statement execute function count_new_deliveries();
create trigger delivery_counts_update after update on delivery
  referencing old table as before_change new table as after_change for each statement execute function count_deliveries()`;
