import type { EntityManager, PolicyDef } from '@mikro-orm/core';

/** The database role of a partner's requests: whatever they read or change, PostgreSQL limits them to this partner's rows. */
export const partnerRole = 'psa_bridge_partner';

/** The session variable that asking_partner() reads: null, which matches no row, where it is not set. */
const partnerVariable = 'psa_bridge.partner_id';

/**
 * Lets a partner's requests see and change the rows for which `condition` holds, as far as a migration granted the role
 * access to the table. In `condition`, other tables also show only the partner's rows.
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

/** Runs everything that is sent through `em` from now on as this partner. */
export function askAsPartner(em: EntityManager, partnerId: string): void {
  em.setSessionContext({ role: partnerRole, variables: { [partnerVariable]: partnerId } });
}
