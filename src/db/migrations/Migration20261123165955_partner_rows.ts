import { Migration } from '@mikro-orm/migrations';

export class Migration20261123165955_partner_rows extends Migration {
  override name = 'Migration20261123165955_partner_rows';

  override up(): void {
    this.addSql(`
do $migration$ begin
  begin
    if not exists (select from pg_roles where rolname = 'psa_bridge_partner') then
      create role psa_bridge_partner nologin;
    end if;
  exception when duplicate_object or unique_violation then
    null; -- another database of this server got it at the same moment
  end;
  if not pg_has_role(current_user, 'psa_bridge_partner', 'member') then
    execute format('grant psa_bridge_partner to %I', current_user);
  end if;
exception when insufficient_privilege then
  raise exception '%', format('The database user %1$I may not make the role of partners'' requests. Have an administrator of '
    'the server run, once: create role psa_bridge_partner nologin; grant psa_bridge_partner to %1$I; (leave out the '
    'first where the role is there already), then start again.', current_user);
end $migration$;
`);
    this.addSql(`
create function asking_partner() returns uuid language sql stable parallel safe as
  $$ select nullif(current_setting('psa_bridge.partner_id', true), '')::uuid $$`);

    this.addSql(`alter table "lease" enable row level security;`);

    this.addSql(`alter table "partner" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "partner" to "psa_bridge_partner" using (id = asking_partner());`,
    );

    this.addSql(`alter table "organization" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "organization" to "psa_bridge_partner" using (partner_id = asking_partner());`,
    );

    this.addSql(`alter table "backup_job_result" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "backup_job_result" to "psa_bridge_partner" using (exists (select 1 from organization where organization.id = organization_id));`,
    );

    this.addSql(`alter table "integration" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "integration" to "psa_bridge_partner" using (partner_id = asking_partner());`,
    );

    this.addSql(`alter table "mapping" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "mapping" to "psa_bridge_partner" using (exists (select 1 from integration where integration.id = integration_id));`,
    );

    this.addSql(`alter table "api_token" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "api_token" to "psa_bridge_partner" using (partner_id = asking_partner());`,
    );

    this.addSql(`alter table "request_allowance" enable row level security;`);

    this.addSql(`alter table "sync_run" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "sync_run" to "psa_bridge_partner" using (exists (select 1 from integration where integration.id = integration_id));`,
    );

    this.addSql(`alter table "planned_change" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "planned_change" to "psa_bridge_partner" using (exists (select 1 from sync_run where sync_run.id = run_id));`,
    );

    this.addSql(`alter table "notice" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "notice" to "psa_bridge_partner" using (exists (select 1 from integration where integration.id = integration_id));`,
    );

    this.addSql(`alter table "notice_delivery" enable row level security;`);

    this.addSql(`alter table "delivery" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "delivery" to "psa_bridge_partner" using (exists (select 1 from integration where integration.id = integration_id));`,
    );

    this.addSql(`alter table "usage_record" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "usage_record" to "psa_bridge_partner" using (exists (select 1 from organization where organization.id = organization_id));`,
    );

    this.addSql(`alter table "usage_statement" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "usage_statement" to "psa_bridge_partner" using (exists (select 1 from integration where integration.id = integration_id));`,
    );

    this.addSql(`alter table "usage_line" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "usage_line" to "psa_bridge_partner" using (exists (select 1 from usage_statement where usage_statement.id = statement_id));`,
    );

    this.addSql(`
grant usage on schema public to psa_bridge_partner;
grant select on partner, organization, backup_job_result, integration, mapping, api_token, sync_run, planned_change,
  notice, delivery, usage_record, usage_statement, usage_line to psa_bridge_partner;
grant insert, update on integration, api_token, sync_run, delivery, notice to psa_bridge_partner;
grant insert, update, delete on mapping to psa_bridge_partner;
`);
  }
}
