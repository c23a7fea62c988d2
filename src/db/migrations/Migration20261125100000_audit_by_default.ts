import { Migration } from '@mikro-orm/migrations';

/**
 * The audit log shows every column of an audited table, except those that audit_bookkeeping() lists: what names the row,
 * what only the service itself writes, and hashes of secrets. A column that is added later is shown unless the migration
 * that adds it replaces audit_bookkeeping(). Of credentials the log shows only that they were entered or erased.
 */
export class Migration20261125100000_audit_by_default extends Migration {
  override name = 'Migration20261125100000_audit_by_default';

  override up(): void {
    this.addSql(`
create function audit_bookkeeping(audited text) returns text[] language sql immutable parallel safe as $$
  select case audited
    when 'integration' then array['id', 'partner_id', 'status_reason', 'last_check', 'next_digest_at', 'next_usage_at',
      'next_probe_at', 'probes', 'resting_until', 'usage_version', 'created_at']
    when 'mapping' then array['integration_id', 'organization_id', 'updated_at']
    when 'partner' then array['id', 'external_id', 'created_at']
    when 'api_token' then array['id', 'partner_id', 'hash', 'revoked_at', 'last_used_at', 'created_at']
    when 'sync_run' then array['id', 'integration_id', 'trigger', 'state', 'statement_id', 'collecting', 'started_at',
      'planned_at', 'finished_at', 'total', 'delivered', 'skipped', 'failed', 'held', 'error']
    else '{}'
  end
$$`);

    this.addSql(`
create or replace function audit_integration() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  was jsonb := '{}';
  is_now jsonb;
  before jsonb;
  after jsonb;
begin
  if nullif(current_setting('psa_bridge.actor', true), '') is null then
    return null;
  end if;
  if tg_op = 'UPDATE' then
    was := to_jsonb(old) - audit_bookkeeping('integration');
  end if;
  is_now := to_jsonb(new) - audit_bookkeeping('integration');
  select jsonb_object_agg(name, was->name), jsonb_object_agg(name, is_now->name) into before, after
  from jsonb_object_keys(is_now) as name
  where name <> 'credentials' and was->name is distinct from is_now->name;
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
end $$`);

    this.addSql(`
create or replace function audit_mapping() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  before jsonb;
  after jsonb;
  mapped record;
begin
  if tg_op <> 'INSERT' then
    before := to_jsonb(old) - audit_bookkeeping('mapping');
    mapped := old;
  end if;
  if tg_op <> 'DELETE' then
    after := to_jsonb(new) - audit_bookkeeping('mapping');
    mapped := new;
  end if;
  if before is distinct from after then
    perform audit_add('mapping.changed', i.partner_id, i.id, mapped.organization_id::text, before, after)
    from integration i where i.id = mapped.integration_id;
  end if;
  return null;
end $$`);

    this.addSql(`
create or replace function audit_api_token() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if tg_op = 'INSERT' then
    perform audit_add('token.created', new.partner_id, null, new.id::text, null,
      to_jsonb(new) - audit_bookkeeping('api_token'));
  elsif old.revoked_at is null and new.revoked_at is not null then
    perform audit_add('token.revoked', new.partner_id, null, new.id::text,
      to_jsonb(old) - audit_bookkeeping('api_token'), null);
  end if;
  return null;
end $$`);

    this.addSql(`
create or replace function audit_partner() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
declare
  before constant jsonb := to_jsonb(old) - audit_bookkeeping('partner');
  after constant jsonb := to_jsonb(new) - audit_bookkeeping('partner');
begin
  if before is distinct from after then
    perform audit_add('partner.changed', new.id, null, null, before, after);
  end if;
  return null;
end $$`);
    this.addSql(`
create or replace trigger partner_is_audited after update on partner for each row
  when (old.* is distinct from new.*) execute function audit_partner()`);

    this.addSql(`
create or replace function audit_run() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  perform audit_add('run.started', i.partner_id, i.id, new.id::text, null, to_jsonb(new) - audit_bookkeeping('sync_run'))
  from integration i where i.id = new.integration_id;
  return null;
end $$`);
  }
}
