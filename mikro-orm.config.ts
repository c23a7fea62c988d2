import { ormOptions } from './src/db/orm-options.js';
import { entities } from './src/domain/entities.js';

/** For MikroORM's own commands (`npm run migration:create`); the service reads its settings by src/config/config.ts. */
process.env.MIKRO_ORM_CLI = '1';
export default ormOptions({
  clientUrl: process.env.DATABASE_URL ?? 'postgres://localhost/psa_bridge',
  entities,
});
