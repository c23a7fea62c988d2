/**
 * The role that a partner's requests run as, for the whole server, and what it may do in this database at all; which
 * rows, the tables' policies say. A user that may not create roles needs an administrator once.
 */
export const partnerRoleExists = `
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
`;

/** The tables that a partner's requests read and change. What only workers and reports touch is not among them. */
export const partnerRoleIsGranted = `
grant usage on schema public to psa_bridge_partner;
grant select on partner, organization, backup_job_result, integration, mapping, api_token, sync_run, planned_change,
  notice, delivery, usage_record, usage_statement, usage_line to psa_bridge_partner;
grant insert, update on integration, api_token, sync_run, delivery, notice to psa_bridge_partner;
grant insert, update, delete on mapping to psa_bridge_partner;
`;

/** For Agenda's own table, which no migration of ours makes. */
export const partnersMayWakeTheirOwn = `
grant select, insert on agenda_jobs to psa_bridge_partner;
alter table agenda_jobs enable row level security;
do $$ begin
  create policy partner_rows on agenda_jobs to psa_bridge_partner
    using (exists (select 1 from integration where integration.id::text = data->>'integrationId'));
exception when duplicate_object then null;
end $$;
`;
