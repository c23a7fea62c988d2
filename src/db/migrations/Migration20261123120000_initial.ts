import { Migration } from '@mikro-orm/migrations';

/** The schema of version 0.1.0. */
export class Migration20261123120000_initial extends Migration {
  override name = 'Migration20261123120000_initial';

  override up(): void {
    this.addSql(`
create function uuid_v7() returns uuid language sql volatile parallel safe as $$
  select (lpad(to_hex(us / 1000), 12, '0') || '7' || lpad(to_hex(us % 1000 * 4096 / 1000), 3, '0')
    || substr(replace(gen_random_uuid()::text, '-', ''), 17))::uuid
  from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as us) as clock
$$`);

    this.addSql(
      `create table "lease" ("name" text not null, "owner" text not null, "fence" bigint not null, "until" timestamptz not null, primary key ("name"));`,
    );

    this.addSql(
      `create table "partner" ("id" uuid not null default uuid_v7(), "external_id" text not null, "name" text not null, "time_zone" text not null, "invoice_day" smallint not null, "created_at" timestamptz not null default now(), primary key ("id"));`,
    );
    this.addSql(`alter table "partner" add constraint "partner_external_id_unique" unique ("external_id");`);
    this.addSql(`create index "partner_name_id_index" on "partner" ("name", "id");`);

    this.addSql(
      `create table "organization" ("id" uuid not null default uuid_v7(), "partner_id" uuid not null, "external_id" text not null, "name" text not null, "active" boolean not null default true, "created_at" timestamptz not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `alter table "organization" add constraint "organization_external_id_unique" unique ("external_id");`,
    );
    this.addSql(
      `create index "organization_partner_id_name_id_index" on "organization" ("partner_id", "name", "id");`,
    );
    this.addSql(`create index "organization_partner_id_id_index" on "organization" ("partner_id", "id");`);

    this.addSql(
      `create table "backup_job_result" ("id" uuid not null default uuid_v7(), "organization_id" uuid not null, "external_id" text not null, "job_name" text not null, "device" text null, "status" text not null, "started_at" timestamptz not null, "ended_at" timestamptz not null, "protected_bytes" numeric null, "message" text null, "received_at" timestamptz not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `create index "backup_job_result_organization_id_ended_at_index" on "backup_job_result" ("organization_id", "ended_at");`,
    );
    this.addSql(
      `alter table "backup_job_result" add constraint "backup_job_result_organization_id_external_id_unique" unique ("organization_id", "external_id");`,
    );

    this.addSql(
      `create table "integration" ("id" uuid not null default uuid_v7(), "partner_id" uuid not null, "psa" text not null, "account" text not null, "credentials" text null, "status" text not null default 'CONNECTED', "status_reason" text null, "last_check" jsonb null, "service_board" jsonb null, "service_type" jsonb null, "service_subtype" jsonb null, "billing_enabled" boolean not null default false, "update_agreement_additions" boolean not null default false, "create_missing_additions" boolean not null default false, "priority_success" jsonb null, "priority_warning" jsonb null, "priority_error" jsonb null, "daily_digest_enabled" boolean not null default false, "daily_digest_time" text not null default '07:00', "next_digest_at" timestamptz null, "next_usage_at" timestamptz null, "next_probe_at" timestamptz null, "probes" int not null default 0, "resting_until" timestamptz null, "created_at" timestamptz not null default now(), "disconnected_at" timestamptz null, primary key ("id"));`,
    );
    this.addSql(`create index "integration_next_digest_at_index" on "integration" ("next_digest_at");`);
    this.addSql(`create index "integration_next_usage_at_index" on "integration" ("next_usage_at");`);
    this.addSql(
      `create unique index "integration_one_connected_per_psa" on "integration" ("partner_id", "psa") where "disconnected_at" is null;`,
    );
    this.addSql(
      `alter table "integration" add constraint "integration_partner_id_psa_account_unique" unique ("partner_id", "psa", "account");`,
    );

    this.addSql(
      `create table "mapping" ("integration_id" uuid not null, "organization_id" uuid not null, "company_id" text not null, "company_identifier" text not null, "company_name" text not null, "billing_level" text not null, "updated_at" timestamptz not null default now(), primary key ("integration_id", "organization_id"));`,
    );
    this.addSql(`create index "mapping_organization_id_index" on "mapping" ("organization_id");`);

    this.addSql(
      `create table "api_token" ("id" uuid not null default uuid_v7(), "name" text not null, "role" text not null, "partner_id" uuid null, "hash" text not null, "expires_at" timestamptz null, "revoked_at" timestamptz null, "last_used_at" timestamptz null, "created_at" timestamptz not null default now(), primary key ("id"));`,
    );
    this.addSql(`create index "api_token_partner_id_index" on "api_token" ("partner_id");`);
    this.addSql(`alter table "api_token" add constraint "api_token_hash_unique" unique ("hash");`);

    this.addSql(
      `create table "sync_run" ("id" uuid not null default uuid_v7(), "integration_id" uuid not null, "pipeline" text not null, "trigger" text not null, "state" text not null default 'RUNNING', "dry_run" boolean not null default false, "for_date" date null, "statement_id" uuid null, "collecting" boolean not null default false, "started_at" timestamptz not null, "planned_at" timestamptz null, "finished_at" timestamptz null, "total" int not null default 0, "delivered" int not null default 0, "skipped" int not null default 0, "failed" int not null default 0, "held" int not null default 0, "error" text null, primary key ("id"));`,
    );
    this.addSql(
      `create unique index "sync_run_one_collecting" on "sync_run" ("integration_id") where "collecting";`,
    );
    this.addSql(
      `create index "sync_run_running" on "sync_run" ("integration_id") where "state" = 'RUNNING';`,
    );
    this.addSql(
      `create index "sync_run_unplanned" on "sync_run" ("started_at") where "planned_at" is null and "state" = 'RUNNING';`,
    );
    this.addSql(
      `create index "sync_run_integration_id_pipeline_id_index" on "sync_run" ("integration_id", "pipeline", "id");`,
    );
    this.addSql(`create index "sync_run_integration_id_id_index" on "sync_run" ("integration_id", "id");`);

    this.addSql(
      `create table "planned_change" ("id" uuid not null default uuid_v7(), "run_id" uuid not null, "organization_id" uuid not null, "summary" text not null, "before" numeric null, "after" numeric null, primary key ("id"));`,
    );
    this.addSql(
      `create index "planned_change_organization_id_index" on "planned_change" ("organization_id");`,
    );
    this.addSql(`create index "planned_change_run_id_id_index" on "planned_change" ("run_id", "id");`);

    this.addSql(
      `create table "delivery" ("id" uuid not null default uuid_v7(), "integration_id" uuid not null, "kind" text not null, "key" text not null, "organization_id" uuid null, "job_result_id" uuid null, "run_id" uuid null, "state" text not null default 'PENDING', "summary" text not null, "content" jsonb not null default '{}', "target_key" text null, "attempts" int not null default 0, "unsure" boolean not null default false, "claim_fence" bigint null, "next_attempt_at" timestamptz null, "last_error" text null, "reason_code" text null, "psa_record_id" text null, "psa_record_url" text null, "quantity_before" numeric null, "quantity_after" numeric null, "created_at" timestamptz not null default now(), "delivered_at" timestamptz null, primary key ("id"));`,
    );
    this.addSql(`create index "delivery_organization_id_index" on "delivery" ("organization_id");`);
    this.addSql(`create index "delivery_job_result_id_index" on "delivery" ("job_result_id");`);
    this.addSql(`create index "delivery_run_id_index" on "delivery" ("run_id");`);
    this.addSql(
      `create index "delivery_written_place" on "delivery" ("integration_id", "target_key", "delivered_at") where "kind" = 'USAGE' and "state" = 'DELIVERED';`,
    );
    this.addSql(`create index "delivery_integration_id_id_index" on "delivery" ("integration_id", "id");`);
    this.addSql(
      `create index "delivery_integration_id_state_id_index" on "delivery" ("integration_id", "state", "id");`,
    );
    this.addSql(
      `create index "delivery_due" on "delivery" ("integration_id", "next_attempt_at", "id") where "state" = 'PENDING';`,
    );
    this.addSql(
      `alter table "delivery" add constraint "delivery_integration_id_key_unique" unique ("integration_id", "key");`,
    );

    this.addSql(
      `create table "usage_record" ("id" uuid not null default uuid_v7(), "organization_id" uuid not null, "usage_type" text not null, "quantity" numeric not null, "measured_at" timestamptz not null, "received_at" timestamptz not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `alter table "usage_record" add constraint "usage_record_organization_id_usage_type_measured_at_unique" unique ("organization_id", "usage_type", "measured_at");`,
    );

    this.addSql(
      `create table "usage_statement" ("id" uuid not null default uuid_v7(), "integration_id" uuid not null, "period_start" date not null, "period_end" date not null, "invoice_date" date not null, "revision" smallint not null, "reason" text null, "created_at" timestamptz not null default now(), primary key ("id"));`,
    );
    this.addSql(
      `alter table "usage_statement" add constraint "usage_statement_integration_id_invoice_date_revision_unique" unique ("integration_id", "invoice_date", "revision");`,
    );

    this.addSql(
      `create table "usage_line" ("id" uuid not null default uuid_v7(), "statement_id" uuid not null, "organization_id" uuid not null, "usage_type" text not null, "quantity" numeric not null, "evidence" jsonb not null, "billing_level" text null, "company_id" text null, "delivery_id" uuid null, primary key ("id"));`,
    );
    this.addSql(`create index "usage_line_organization_id_index" on "usage_line" ("organization_id");`);
    this.addSql(`create index "usage_line_delivery_id_index" on "usage_line" ("delivery_id");`);
    this.addSql(
      `alter table "usage_line" add constraint "usage_line_statement_id_organization_id_usage_type_unique" unique ("statement_id", "organization_id", "usage_type");`,
    );

    this.addSql(
      `alter table "partner" add constraint "partner_invoice_day" check (invoice_day >= 1 and invoice_day <= 31);`,
    );

    this.addSql(
      `alter table "organization" add constraint "organization_partner_id_foreign" foreign key ("partner_id") references "partner" ("id");`,
    );

    this.addSql(
      `alter table "backup_job_result" add constraint "backup_job_result_organization_id_foreign" foreign key ("organization_id") references "organization" ("id");`,
    );
    this.addSql(
      `alter table "backup_job_result" add constraint "backup_job_result_times" check (started_at <= ended_at);`,
    );
    this.addSql(
      `alter table "backup_job_result" add constraint "backup_job_result_status_check" check ("status" in ('SUCCESS', 'WARNING', 'ERROR'));`,
    );

    this.addSql(
      `alter table "integration" add constraint "integration_partner_id_foreign" foreign key ("partner_id") references "partner" ("id");`,
    );
    this.addSql(
      `alter table "integration" add constraint "integration_digest_time" check (daily_digest_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$');`,
    );
    this.addSql(
      `alter table "integration" add constraint "integration_credentials" check ((credentials is null) = (disconnected_at is not null));`,
    );
    this.addSql(
      `alter table "integration" add constraint "integration_status_check" check ("status" in ('CONNECTED', 'PAUSED', 'NEEDS_ATTENTION'));`,
    );

    this.addSql(
      `alter table "mapping" add constraint "mapping_integration_id_foreign" foreign key ("integration_id") references "integration" ("id") on update cascade on delete cascade;`,
    );
    this.addSql(
      `alter table "mapping" add constraint "mapping_organization_id_foreign" foreign key ("organization_id") references "organization" ("id") on update cascade on delete restrict;`,
    );

    this.addSql(
      `alter table "api_token" add constraint "api_token_partner_id_foreign" foreign key ("partner_id") references "partner" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "api_token" add constraint "api_token_partner" check ((role = 'PARTNER') = (partner_id is not null));`,
    );
    this.addSql(
      `alter table "api_token" add constraint "api_token_role_check" check ("role" in ('OPERATOR', 'PARTNER', 'SOURCE'));`,
    );

    this.addSql(
      `alter table "sync_run" add constraint "sync_run_integration_id_foreign" foreign key ("integration_id") references "integration" ("id");`,
    );
    this.addSql(
      `alter table "sync_run" add constraint "sync_run_counts" check (delivered >= 0 and skipped >= 0 and failed >= 0 and held >= 0 and delivered + skipped + failed + held <= total);`,
    );
    this.addSql(
      `alter table "sync_run" add constraint "sync_run_collecting" check (not collecting or (state = 'RUNNING' and pipeline = 'EVENTS'));`,
    );
    this.addSql(
      `alter table "sync_run" add constraint "sync_run_finished" check ((state = 'RUNNING') = (finished_at is null));`,
    );
    this.addSql(
      `alter table "sync_run" add constraint "sync_run_pipeline_check" check ("pipeline" in ('USAGE', 'DIGEST', 'EVENTS'));`,
    );
    this.addSql(
      `alter table "sync_run" add constraint "sync_run_trigger_check" check ("trigger" in ('SCHEDULE', 'MANUAL', 'INGEST'));`,
    );
    this.addSql(
      `alter table "sync_run" add constraint "sync_run_state_check" check ("state" in ('RUNNING', 'SUCCEEDED', 'PARTIAL', 'FAILED'));`,
    );

    this.addSql(
      `alter table "planned_change" add constraint "planned_change_run_id_foreign" foreign key ("run_id") references "sync_run" ("id") on delete cascade;`,
    );
    this.addSql(
      `alter table "planned_change" add constraint "planned_change_organization_id_foreign" foreign key ("organization_id") references "organization" ("id");`,
    );

    this.addSql(
      `alter table "delivery" add constraint "delivery_integration_id_foreign" foreign key ("integration_id") references "integration" ("id");`,
    );
    this.addSql(
      `alter table "delivery" add constraint "delivery_organization_id_foreign" foreign key ("organization_id") references "organization" ("id") on delete restrict;`,
    );
    this.addSql(
      `alter table "delivery" add constraint "delivery_job_result_id_foreign" foreign key ("job_result_id") references "backup_job_result" ("id") on delete restrict;`,
    );
    this.addSql(
      `alter table "delivery" add constraint "delivery_run_id_foreign" foreign key ("run_id") references "sync_run" ("id") on delete set null;`,
    );
    this.addSql(
      `alter table "delivery" add constraint "delivery_event" check ((kind = 'EVENT') = (job_result_id is not null));`,
    );
    this.addSql(
      `alter table "delivery" add constraint "delivery_delivered" check ((state = 'DELIVERED') = (delivered_at is not null));`,
    );
    this.addSql(
      `alter table "delivery" add constraint "delivery_next_attempt" check ((state = 'PENDING') = (next_attempt_at is not null));`,
    );
    this.addSql(
      `alter table "delivery" add constraint "delivery_kind_check" check ("kind" in ('EVENT', 'DIGEST', 'USAGE', 'TEST'));`,
    );
    this.addSql(
      `alter table "delivery" add constraint "delivery_state_check" check ("state" in ('PENDING', 'HELD', 'DELIVERED', 'SKIPPED', 'FAILED'));`,
    );

    this.addSql(
      `alter table "usage_record" add constraint "usage_record_organization_id_foreign" foreign key ("organization_id") references "organization" ("id");`,
    );

    this.addSql(
      `alter table "usage_statement" add constraint "usage_statement_integration_id_foreign" foreign key ("integration_id") references "integration" ("id");`,
    );
    this.addSql(
      `alter table "usage_statement" add constraint "usage_statement_period" check (period_start <= period_end and period_end < invoice_date);`,
    );

    this.addSql(
      `alter table "usage_line" add constraint "usage_line_statement_id_foreign" foreign key ("statement_id") references "usage_statement" ("id");`,
    );
    this.addSql(
      `alter table "usage_line" add constraint "usage_line_organization_id_foreign" foreign key ("organization_id") references "organization" ("id");`,
    );
    this.addSql(
      `alter table "usage_line" add constraint "usage_line_delivery_id_foreign" foreign key ("delivery_id") references "delivery" ("id") on delete restrict;`,
    );

    this.addSql(`
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
      sum(sign) filter (where state = 'HELD') as held
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
        held = held + coalesce(changed.held, 0)
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
      count(*) filter (where state = 'HELD') as held
    from after_change where run_id is not null group by run_id order by run_id
  loop
    update sync_run set
      total = total + added.total, delivered = delivered + added.delivered,
      skipped = skipped + added.skipped, failed = failed + added.failed, held = held + added.held
    where id = added.run_id;
  end loop;
  return null;
end $$;

create trigger delivery_counts_insert after insert on delivery
  referencing new table as after_change for each statement execute function count_new_deliveries();
create trigger delivery_counts_update after update on delivery
  referencing old table as before_change new table as after_change for each statement execute function count_deliveries()`);

    this.addSql(`
create function tell_sync_run_change() returns trigger language plpgsql as $$
begin
  perform pg_notify('psa_bridge', json_build_object('kind', 'sync_run', 'integrationId', new.integration_id, 'runId', new.id)::text);
  return null;
end $$;

create trigger sync_run_changes_are_told after insert or update on sync_run
  for each row execute function tell_sync_run_change()`);
  }
}
