/**
 * Inserts or replaces mappings. Values: the integration's id, the rows as JSON, the instant of the change. In the order
 * of the organizations, so that two calls for the same ones wait for each other instead of a deadlock.
 */
export const saveMappings = `
insert into mapping (integration_id, organization_id, company_id, company_identifier, company_name, billing_level, updated_at)
select $1, r.*, $3
from jsonb_to_recordset($2::jsonb)
  as r(organization_id uuid, company_id text, company_identifier text, company_name text, billing_level text)
order by r.organization_id
on conflict (integration_id, organization_id) do update set
  company_id = excluded.company_id, company_identifier = excluded.company_identifier,
  company_name = excluded.company_name, billing_level = excluded.billing_level, updated_at = excluded.updated_at`;
