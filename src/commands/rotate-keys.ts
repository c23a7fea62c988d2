import { ConfigError } from '../config/config.js';
import { appliedMigrations, requireKnownSchema } from '../db/applied-migrations.js';
import { openDatabase } from '../db/connection.js';
import { entities } from '../domain/entities.js';
import { CredentialVault } from '../integrations/credential-vault.js';
import { type KeyRotation, rotateKeys } from '../integrations/reseal-credentials.js';
import { runWithSettings } from './run-program.js';

// npm run rotate-keys: seals every integration's credentials with the first key of ENCRYPTION_KEYS. Its exit code
// is 0 when the other keys may be removed.
await runWithSettings(async ({ database: { url }, secrets }) => {
  if (!url) throw new ConfigError('DATABASE_URL: must be set to the database of the service');
  const vault = new CredentialVault(secrets.encryptionKeys);
  const orm = await openDatabase({ url, entities, poolSize: 2 });
  try {
    requireKnownSchema(await appliedMigrations(orm.em.fork()));
    const rotation = await rotateKeys(orm.em.fork(), vault);
    for (const line of report(rotation, vault.keyIds)) console.log(line);
    process.exitCode = rotation.remaining.size > 0 ? 1 : 0;
  } finally {
    await orm.close();
  }
});

function report({ resealed, unopened, remaining }: KeyRotation, [newest, ...others]: string[]): string[] {
  const lines = [`Sealed with the newest key (${newest}) now: ${resealed}.`];
  if (unopened.length > 0) {
    lines.push(
      'No key may be removed yet, because these credentials cannot be opened. Restore the missing key, or have the partner connect again:',
      ...unopened.map(
        ({ id, partner, account, reason }) =>
          `  integration ${id} (partner ${partner}, ${account}): ${reason}`,
      ),
    );
  } else if (remaining.size > 0) {
    const counts = [...remaining].map(([key, count]) => `${count} with ${key}`).join(', ');
    lines.push(
      `In the meantime a process with another newest key sealed ${counts}. Restart it with these settings, then run this again.`,
    );
  } else if (others.length > 0) {
    lines.push(`No longer needed, except for earlier backups: ${others.join(', ')}.`);
  }
  return lines;
}
