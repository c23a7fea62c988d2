import { existsSync } from 'node:fs';
import { inspect } from 'node:util';
import { ConfigError, readConfig } from '../config/config.js';
import { secretsInSettings } from '../config/secrets-in-settings.js';
import { migrateDatabase } from '../db/migrate-database.js';
import { UnknownSchemaError } from '../db/unknown-schema-error.js';
import { redactor } from '../text/redaction.js';

// Brings the database at DATABASE_URL to the schema of this version, and ends: `npm run migrate`.
if (existsSync('.env')) process.loadEnvFile('.env');

try {
  const { databaseUrl } = readConfig(process.env);
  if (!databaseUrl)
    throw new ConfigError('DATABASE_URL: must be set; an embedded database is migrated when it starts');
  await migrateDatabase(databaseUrl);
  console.log('The database is at the schema of this version.');
} catch (error) {
  const expected = error instanceof ConfigError || error instanceof UnknownSchemaError;
  console.error(redactor(secretsInSettings(process.env))(expected ? error.message : inspect(error)));
  process.exitCode = 1;
}
