import type { MigrationObject } from '@mikro-orm/core';
import { Migration20261123120000_initial } from './Migration20261123120000_initial.js';
import { Migration20261123165955_partner_rows } from './Migration20261123165955_partner_rows.js';
import { Migration20261123172732_audit } from './Migration20261123172732_audit.js';
import { Migration20261123184000_room_for_claims } from './Migration20261123184000_room_for_claims.js';

/** In the order in which they were written. Listed by hand, because a bundle has no folder to look into. */
export const migrations: MigrationObject[] = [
  { name: 'Migration20261123120000_initial', class: Migration20261123120000_initial },
  { name: 'Migration20261123165955_partner_rows', class: Migration20261123165955_partner_rows },
  { name: 'Migration20261123172732_audit', class: Migration20261123172732_audit },
  { name: 'Migration20261123184000_room_for_claims', class: Migration20261123184000_room_for_claims },
];
