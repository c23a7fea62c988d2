/**
 * Tells every process of each change of a sync run, when it is committed. Ids only: a notification holds
 * less than 8,000 bytes, and who hears it loads the row.
 */
export const syncRunChangesAreTold = `
create function tell_sync_run_change() returns trigger language plpgsql as $$
begin
  perform pg_notify('psa_bridge', json_build_object('kind', 'sync_run', 'integrationId', new.integration_id, 'runId', new.id)::text);
  return null;
end $$;

create trigger sync_run_changes_are_told after insert or update on sync_run
  for each row execute function tell_sync_run_change()`;
