import type { MigrationObject } from '@mikro-orm/core';
import { Migration20261123120000_initial } from './Migration20261123120000_initial.js';
import { Migration20261123160000_notices } from './Migration20261123160000_notices.js';

/** In the order in which they were written. Listed by hand, because a bundle has no folder to look into. */
export const migrations: MigrationObject[] = [
  { name: 'Migration20261123120000_initial', class: Migration20261123120000_initial },
  { name: 'Migration20261123160000_notices', class: Migration20261123160000_notices },
];
