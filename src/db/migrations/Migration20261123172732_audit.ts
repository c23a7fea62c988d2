import { Migration } from '@mikro-orm/migrations';

export class Migration20261123172732_audit extends Migration {
  override name = 'Migration20261123172732_audit';

  override up(): void {
    this.addSql(
      `create table "audit_entry" ("id" uuid not null default uuid_v7(), "at" timestamptz not null default clock_timestamp(), "action" text not null, "actor_kind" text not null, "actor_id" text not null, "actor_name" text not null, "actor_role" text not null, "address" text null, "request_id" text null, "partner_id" uuid null, "integration_id" uuid null, "subject_id" text null, "before" jsonb null, "after" jsonb null, primary key ("id"));`,
    );
    this.addSql(
      `create index "audit_entry_actor_id_action_at_index" on "audit_entry" ("actor_id", "action", "at");`,
    );
    this.addSql(
      `create index "audit_entry_integration_id_id_index" on "audit_entry" ("integration_id", "id");`,
    );
    this.addSql(`create index "audit_entry_partner_id_id_index" on "audit_entry" ("partner_id", "id");`);

    this.addSql(`alter table "delivery" add "released_by" uuid null;`);
    this.addSql(
      `create index "delivery_released_by" on "delivery" ("released_by", "id") where "released_by" is not null;`,
    );

    this.addSql(
      `alter table "audit_entry" add constraint "audit_entry_actor_kind_check" check ("actor_kind" in ('TOKEN', 'IDENTITY'));`,
    );
    this.addSql(`alter table "audit_entry" enable row level security;`);
    this.addSql(
      `create policy "partner_rows" on "audit_entry" to "psa_bridge_partner" using (partner_id = asking_partner());`,
    );

    this.addSql(`
create function audit_add(action text, partner uuid, integration uuid, subject text, before jsonb, after jsonb)
returns uuid language plpgsql security definer set search_path = public, pg_temp as $$
declare
  actor constant jsonb := nullif(current_setting('psa_bridge.actor', true), '')::jsonb;
  entry uuid;
begin
  if actor is null then
    return null;
  end if;
  insert into audit_entry (action, actor_kind, actor_id, actor_name, actor_role, address, request_id,
    partner_id, integration_id, subject_id, before, after)
  values (audit_add.action, actor->>'kind', actor->>'id', actor->>'name', actor->>'role', actor->>'address',
    actor->>'requestId', partner, integration, subject, audit_add.before, audit_add.after)
  returning id into entry;
  return entry;
end $$;
revoke execute on function audit_add from public;

create function audit_deed(action text, for_integration uuid, after jsonb)
returns uuid language sql security definer set search_path = public, pg_temp as $$
  select audit_add(action, i.partner_id, i.id, null, null, after) from integration i where i.id = for_integration
$$;

create function audit_sign_in(action text, actor jsonb)
returns void language plpgsql set search_path = public, pg_temp as $$
begin
  if not exists (select 1 from audit_entry e where e.actor_id = actor->>'id' and e.action = audit_sign_in.action
      and e.at > now() - interval '1 day' and e.address is not distinct from actor->>'address') then
    perform set_config('psa_bridge.actor', actor::text, true);
    perform audit_add(action, (actor->>'partnerId')::uuid, null, null, null, null);
  end if;
end $$;
revoke execute on function audit_sign_in from public;

create function audit_integration() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  was constant jsonb := case when tg_op = 'UPDATE' then to_jsonb(old) else '{}' end;
  is_now constant jsonb := to_jsonb(new);
  before jsonb;
  after jsonb;
begin
  if nullif(current_setting('psa_bridge.actor', true), '') is null then
    return null;
  end if;
  select jsonb_object_agg(name, was->name), jsonb_object_agg(name, is_now->name) into before, after
  from unnest(array['psa', 'account', 'status', 'service_board', 'service_type', 'service_subtype', 'billing_enabled',
    'update_agreement_additions', 'create_missing_additions', 'priority_success', 'priority_warning', 'priority_error',
    'daily_digest_enabled', 'daily_digest_time', 'catch_up', 'notification_email', 'disconnected_at']) as name
  where was->name is distinct from is_now->name;
  if was->>'credentials' is distinct from new.credentials then
    after := coalesce(after, '{}') || jsonb_build_object('credentials',
      case when new.credentials is null then 'erased' else 'entered' end);
  end if;
  if after is not null then
    perform audit_add(case
        when was = '{}' or (was->>'disconnected_at' is not null and new.disconnected_at is null) then 'integration.connected'
        when new.disconnected_at is not null then 'integration.disconnected'
        when after ? 'credentials' then 'integration.credentials_changed'
        when after->>'status' = 'PAUSED' then 'integration.paused'
        when after ? 'status' then 'integration.resumed'
        else 'integration.options_changed'
      end, new.partner_id, new.id, null, before, after);
  end if;
  return null;
end $$;
create trigger integration_is_audited after insert or update on integration
  for each row execute function audit_integration();

create function audit_mapping() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  before jsonb;
  after jsonb;
  mapped record;
begin
  if tg_op <> 'INSERT' then
    before := jsonb_build_object('company_id', old.company_id, 'company_name', old.company_name, 'billing_level', old.billing_level);
    mapped := old;
  end if;
  if tg_op <> 'DELETE' then
    after := jsonb_build_object('company_id', new.company_id, 'company_name', new.company_name, 'billing_level', new.billing_level);
    mapped := new;
  end if;
  if before is distinct from after then
    perform audit_add('mapping.changed', i.partner_id, i.id, mapped.organization_id::text, before, after)
    from integration i where i.id = mapped.integration_id;
  end if;
  return null;
end $$;
create trigger mapping_is_audited after insert or update or delete on mapping
  for each row execute function audit_mapping();

create function audit_api_token() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform audit_add('token.created', new.partner_id, null, new.id::text, null,
      jsonb_build_object('name', new.name, 'role', new.role, 'expires_at', new.expires_at));
  elsif old.revoked_at is null and new.revoked_at is not null then
    perform audit_add('token.revoked', new.partner_id, null, new.id::text,
      jsonb_build_object('name', new.name, 'role', new.role, 'expires_at', new.expires_at), null);
  end if;
  return null;
end $$;
create trigger api_token_is_audited after insert or update on api_token
  for each row execute function audit_api_token();

create function audit_partner() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform audit_add('partner.changed', new.id, null, null,
    jsonb_build_object('name', old.name, 'time_zone', old.time_zone, 'invoice_day', old.invoice_day),
    jsonb_build_object('name', new.name, 'time_zone', new.time_zone, 'invoice_day', new.invoice_day));
  return null;
end $$;
create trigger partner_is_audited after update on partner for each row
  when ((old.name, old.time_zone, old.invoice_day) is distinct from (new.name, new.time_zone, new.invoice_day))
  execute function audit_partner();

create function audit_run() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform audit_add('run.started', i.partner_id, i.id, new.id::text, null,
    jsonb_build_object('pipeline', new.pipeline, 'dry_run', new.dry_run, 'for_date', new.for_date))
  from integration i where i.id = new.integration_id;
  return null;
end $$;
create trigger run_is_audited after insert on sync_run for each row
  when (new.trigger = 'MANUAL') execute function audit_run();

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise insufficient_privilege using message = 'the audit log is append-only';
end $$;
create trigger audit_is_append_only before update or delete or truncate on audit_entry
  for each statement execute function refuse_audit_change();
do $migration$ begin
  execute format('revoke update, delete, truncate on audit_entry from public, %I', current_user);
end $migration$;

grant select on audit_entry to psa_bridge_partner;
grant execute on function audit_deed to psa_bridge_partner;
`);
  }
}
