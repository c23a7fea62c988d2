import { ormOptions } from './src/db/orm-options.js';

/** For MikroORM's own commands (`npm run migration:create`); the service reads its settings by src/config.ts. */
process.env.MIKRO_ORM_CLI = '1';
export default ormOptions(process.env.DATABASE_URL ?? 'postgres://localhost/psa_bridge');
