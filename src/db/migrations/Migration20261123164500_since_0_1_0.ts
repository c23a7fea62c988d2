import { Migration } from '@mikro-orm/migrations';

/**
 * What was added between 0.1.0 and the role of partners' requests: request allowances, the choice of what is delivered
 * after an outage, notifications, and counts that reopen a run.
 *
 * For a time these changes stood in the initial migration itself. A database that was created then has all or some of
 * them already, so each step looks first. Such a database keeps the order in which its columns were created.
 */
export class Migration20261123164500_since_0_1_0 extends Migration {
  override name = 'Migration20261123164500_since_0_1_0';

  override up(): void {
    this.addSql(`
do $migration$ begin
  if current_setting('server_version_num')::int >= 180000 then
    create or replace function uuid_v7() returns uuid language sql volatile parallel safe as 'select uuidv7()';
  else
    create or replace function uuid_v7() returns uuid language sql volatile parallel safe as $$
      select (lpad(to_hex(us / 1000), 12, '0') || '7' || lpad(to_hex(us % 1000 * 4096 / 1000), 3, '0')
        || substr(replace(gen_random_uuid()::text, '-', ''), 17))::uuid
      from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as us) as clock
    $$;
  end if;
end $migration$`);

    this.addSql(`
create table if not exists "request_allowance" ("integration_id" uuid not null, "available" double precision not null, "as_of" timestamptz not null, primary key ("integration_id"))`);

    this.addSql(`
do $migration$ begin
  if not exists (select from pg_attribute where attrelid = 'integration'::regclass and attname = 'catch_up') then
    alter table "integration" add "catch_up" text not null default 'ALL';
    alter table "integration" add constraint "integration_catch_up_check" check ("catch_up" in ('ALL', 'LAST', 'LAST_WITH_COUNT'));
  end if;
end $migration$`);
    this.addSql(`alter table "integration" add column if not exists "notification_email" text null`);

    this.addSql(`
do $migration$ begin
  if to_regclass('notice') is null then
    create table "notice" ("id" uuid not null default uuid_v7(), "type" text not null, "integration_id" uuid not null, "run_id" uuid null, "payload" jsonb not null, "due_at" timestamptz not null, "addressed_at" timestamptz null, "created_at" timestamptz not null default now(), primary key ("id"));
    create index "notice_run_id_index" on "notice" ("run_id");
    create index "notice_unaddressed" on "notice" ("due_at") where "addressed_at" is null;
    create index "notice_integration_id_type_id_index" on "notice" ("integration_id", "type", "id");
    alter table "notice" add constraint "notice_type_run_id_unique" unique ("type", "run_id");
    alter table "notice" add constraint "notice_integration_id_foreign" foreign key ("integration_id") references "integration" ("id");
    alter table "notice" add constraint "notice_run_id_foreign" foreign key ("run_id") references "sync_run" ("id") on delete set null;
    alter table "notice" add constraint "notice_type_check" check ("type" in ('integration.needs_attention', 'integration.recovered', 'run.failed', 'delivery.held'));

    create table "notice_delivery" ("notice_id" uuid not null, "channel" text not null, "target" text not null, "state" text not null default 'PENDING', "attempts" int not null default 0, "next_attempt_at" timestamptz null, "last_error" text null, "delivered_at" timestamptz null, primary key ("notice_id", "channel", "target"));
    create index "notice_delivery_gone" on "notice_delivery" ("channel", "target") where "state" = 'GONE';
    create index "notice_delivery_due" on "notice_delivery" ("next_attempt_at") where "state" = 'PENDING';
    alter table "notice_delivery" add constraint "notice_delivery_notice_id_foreign" foreign key ("notice_id") references "notice" ("id") on delete cascade;
    alter table "notice_delivery" add constraint "notice_delivery_delivered" check ((state = 'DELIVERED') = (delivered_at is not null));
    alter table "notice_delivery" add constraint "notice_delivery_next_attempt" check ((state = 'PENDING') = (next_attempt_at is not null));
    alter table "notice_delivery" add constraint "notice_delivery_channel_check" check ("channel" in ('webhook', 'email'));
    alter table "notice_delivery" add constraint "notice_delivery_state_check" check ("state" in ('PENDING', 'DELIVERED', 'FAILED', 'GONE'));
  end if;
end $migration$`);

    this.addSql(`
do $migration$ begin
  if pg_get_indexdef('delivery_due'::regclass) not like '%INCLUDE (next_attempt_at)%' then
    drop index "delivery_due";
    create index "delivery_due" on "delivery" ("integration_id", "id") include ("next_attempt_at") where "state" = 'PENDING';
  end if;
end $migration$`);

    this.addSql(`
create or replace function count_deliveries() returns trigger language plpgsql as $$
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

create or replace function count_new_deliveries() returns trigger language plpgsql as $$
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
end $$`);
  }
}
