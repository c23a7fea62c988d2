import { existsSync } from 'node:fs';
import { inspect } from 'node:util';
import { ConfigError, readConfig } from '../config/config.js';
import { secretsInSettings } from '../config/secrets-in-settings.js';
import { appliedMigrations, requireKnownSchema } from '../db/applied-migrations.js';
import { openDatabase } from '../db/connection.js';
import { UnknownSchemaError } from '../db/unknown-schema-error.js';
import { entities } from '../domain/entities.js';
import { CredentialVault } from '../integrations/credential-vault.js';
import { type KeyRotation, rotateKeys } from '../integrations/reseal-credentials.js';
import { redactor } from '../text/redaction.js';

// Seals every integration's credentials with the first key of ENCRYPTION_KEYS, and ends: `npm run rotate-keys`.
// Its exit code is 0 once the other keys may be taken away.
if (existsSync('.env')) process.loadEnvFile('.env');

try {
  const { databaseUrl, encryptionKeys } = readConfig(process.env);
  if (!databaseUrl) throw new ConfigError('DATABASE_URL: must be set, to the database that the service uses');
  const vault = new CredentialVault(encryptionKeys);
  const orm = await openDatabase({ url: databaseUrl, entities, poolSize: 2 });
  try {
    requireKnownSchema(await appliedMigrations(orm.em.fork()));
    const rotation = await rotateKeys(orm.em.fork(), vault);
    for (const line of report(rotation, vault.keyIds)) console.log(line);
    process.exitCode = rotation.remaining.size > 0 ? 1 : 0;
  } finally {
    await orm.close();
  }
} catch (error) {
  const expected = error instanceof ConfigError || error instanceof UnknownSchemaError;
  console.error(redactor(secretsInSettings(process.env))(expected ? error.message : inspect(error)));
  process.exitCode = 1;
}

function report({ resealed, unopened, remaining }: KeyRotation, [newest, ...others]: string[]): string[] {
  const lines = [`Sealed with the newest key (${newest}) now: ${resealed}.`];
  if (unopened.length > 0) {
    lines.push(
      'These cannot be opened, so no key may be taken away yet. Bring the missing key back, or have the partner connect again:',
      ...unopened.map(
        ({ id, partner, account, reason }) =>
          `  integration ${id} (partner ${partner}, ${account}): ${reason}`,
      ),
    );
  } else if (remaining.size > 0) {
    const counts = [...remaining].map(([key, count]) => `${count} with ${key}`).join(', ');
    lines.push(
      `Meanwhile a process that has another newest key sealed ${counts}. Restart it with these settings, then run this again.`,
    );
  } else if (others.length > 0) {
    lines.push(`No longer needed, save for backups made before: ${others.join(', ')}.`);
  }
  return lines;
}
