import { ReflectMetadataProvider } from '@mikro-orm/decorators/legacy';
import { Migrator } from '@mikro-orm/migrations';
import { defineConfig, type Options } from '@mikro-orm/postgresql';
import 'reflect-metadata';
import { entities } from './entities.js';
import { migrations } from './migrations/list.js';

/** MikroORM's options for one database; the same for the service, the tests and the migration commands. */
export function ormOptions(clientUrl: string | undefined, poolSize = 10, limits = ''): Options {
  return defineConfig({
    clientUrl,
    entities,
    metadataProvider: ReflectMetadataProvider,
    extensions: [Migrator],
    pool: { min: 0, max: poolSize },
    // The session's zone decides how the driver prints instants; ours are UTC everywhere.
    driverOptions: { options: `-c timezone=UTC ${limits}`, application_name: 'psa-bridge', keepAlive: true },
    migrations: {
      path: 'dist/src/db/migrations',
      pathTs: 'src/db/migrations',
      emit: 'ts',
      migrationsList: migrations,
      snapshotName: '.snapshot',
      snapshot: process.env.MIKRO_ORM_CLI === '1',
    },
    schemaGenerator: { skipTables: [/^agenda_/] },
  });
}
