import { ConfigError } from '../config/config.js';
import { migrateDatabase } from '../db/migrate-database.js';
import { runWithSettings } from './run-program.js';

// npm run migrate: brings the database that DATABASE_URL names to the schema of this version.
await runWithSettings(async ({ database: { url } }) => {
  if (!url) throw new ConfigError('DATABASE_URL: must be set; an embedded database is migrated at startup');
  await migrateDatabase(url);
  console.log('The database has the schema of this version.');
});
