import { existsSync } from 'node:fs';
import { inspect } from 'node:util';
import { ConfigError, readConfig } from '../config/config.js';
import { secretsInSettings } from '../config/secrets-in-settings.js';
import { migrateDatabase } from '../db/migrate-database.js';
import { redactor } from '../text/redaction.js';

// Brings the database that DATABASE_URL names to the schema of this version, and ends: `npm run migrate`.
if (existsSync('.env')) process.loadEnvFile('.env');

try {
  const { databaseUrl } = readConfig(process.env);
  if (!databaseUrl)
    throw new ConfigError('DATABASE_URL: must be set; an embedded database is migrated at its start');
  await migrateDatabase(databaseUrl);
  console.log('The database is at the schema of this version.');
} catch (error) {
  console.error(
    redactor(secretsInSettings(process.env))(error instanceof ConfigError ? error.message : inspect(error)),
  );
  process.exitCode = 1;
}
