import type { MigrationObject } from '@mikro-orm/core';
import { Migration20261123120000_initial } from './Migration20261123120000_initial.js';
import { Migration20261123164500_since_0_1_0 } from './Migration20261123164500_since_0_1_0.js';
import { Migration20261123165955_partner_rows } from './Migration20261123165955_partner_rows.js';
import { Migration20261123172732_audit } from './Migration20261123172732_audit.js';
import { Migration20261123184000_room_for_claims } from './Migration20261123184000_room_for_claims.js';
import { Migration20261125100000_audit_by_default } from './Migration20261125100000_audit_by_default.js';
import { Migration20261125110000_usage_version } from './Migration20261125110000_usage_version.js';

/**
 * In the order in which they run. Listed manually, because a bundle has no folder to search.
 *
 * A migration contains its SQL as it ran and imports nothing of src: it stays the same while the code changes. Once a
 * database has run it, it is not edited; another migration corrects it. `npm run migration:create` writes a new one from
 * the entities. Its `down` is deleted: the way back is a backup, because going down would delete data.
 */
export const migrations: MigrationObject[] = [
  { name: 'Migration20261123120000_initial', class: Migration20261123120000_initial },
  { name: 'Migration20261123164500_since_0_1_0', class: Migration20261123164500_since_0_1_0 },
  { name: 'Migration20261123165955_partner_rows', class: Migration20261123165955_partner_rows },
  { name: 'Migration20261123172732_audit', class: Migration20261123172732_audit },
  { name: 'Migration20261123184000_room_for_claims', class: Migration20261123184000_room_for_claims },
  { name: 'Migration20261125100000_audit_by_default', class: Migration20261125100000_audit_by_default },
  { name: 'Migration20261125110000_usage_version', class: Migration20261125110000_usage_version },
];
