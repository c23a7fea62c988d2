import type { EntityManager, PolicyDef } from '@mikro-orm/core';

/** The database role of a partner's requests: whatever they ask for, PostgreSQL shows them this partner's rows only. */
export const partnerRole = 'psa_bridge_partner';

const partnerVariable = 'psa_bridge.partner_id';

/**
 * Makes asking_partner(): the partner whose request it is. Null, which is nobody, where nobody said.
 */
export const askingPartner = `
create function asking_partner() returns uuid language sql stable parallel safe as
  $$ select nullif(current_setting('${partnerVariable}', true), '')::uuid $$`;

/**
 * Opens a table's rows for which `condition` holds to a partner's requests, as far as the role has been granted to
 * read or write the table at all. In `condition`, other tables show only the partner's rows too.
 */
export function partnerRows(condition: string): PolicyDef {
  return { name: 'partner_rows', roles: [partnerRole], using: condition };
}

/** Rows that belong to an integration. */
export const rowsOfItsIntegrations = partnerRows(
  'exists (select 1 from integration where integration.id = integration_id)',
);

/** Rows that belong to an organization. */
export const rowsOfItsOrganizations = partnerRows(
  'exists (select 1 from organization where organization.id = organization_id)',
);

/** Has everything that is asked through `em` from now on asked as this partner. */
export function askAsPartner(em: EntityManager, partnerId: string): void {
  em.setSessionContext({ role: partnerRole, variables: { [partnerVariable]: partnerId } });
}
