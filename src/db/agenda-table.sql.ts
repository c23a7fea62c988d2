/**
 * What this service adds to Agenda's own table, which Agenda creates: an index for finding the waiting job of an
 * integration, and access for partners' requests, which may wake up their own integrations only.
 */
export const agendaTableAdditions = `
create index if not exists agenda_jobs_waiting_for on agenda_jobs (name, (data->>'integrationId'))
  where locked_at is null and next_run_at is not null;
grant select, insert on agenda_jobs to psa_bridge_partner;
alter table agenda_jobs enable row level security;
do $$ begin
  create policy partner_rows on agenda_jobs to psa_bridge_partner
    using (exists (select 1 from integration where integration.id::text = data->>'integrationId'));
exception when duplicate_object then null;
end $$;
`;
