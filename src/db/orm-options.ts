import { ReflectMetadataProvider } from '@mikro-orm/decorators/legacy';
import { Migrator } from '@mikro-orm/migrations';
import { defineConfig, type Options } from '@mikro-orm/postgresql';
import 'reflect-metadata';
import { migrations } from './migrations/list.js';

export interface DatabaseOptions {
  clientUrl: string | undefined;
  /** The tables that MikroORM knows; empty where only migrations run. */
  entities: Options['entities'];
  poolSize?: number;
  /** PostgreSQL command-line options for each connection, such as time limits. */
  limits?: string;
}

/** MikroORM's options for one database; the same for the service, the tests and the migration commands. */
export function ormOptions({ clientUrl, entities, poolSize = 10, limits = '' }: DatabaseOptions): Options {
  return defineConfig({
    clientUrl,
    entities,
    discovery: { warnWhenNoEntities: false },
    metadataProvider: ReflectMetadataProvider,
    extensions: [Migrator],
    // A mistyped name is an error; it must not create an empty database.
    ensureDatabase: false,
    pool: { min: 0, max: poolSize },
    // The time zone of the session decides how PostgreSQL prints instants: UTC everywhere.
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
