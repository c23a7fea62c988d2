import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const localSecrets = z.object({
  databasePassword: z.string(),
  encryptionKey: z.string(),
  operatorToken: z.string(),
});

export type LocalSecrets = z.infer<typeof localSecrets> & { justMade: boolean };

/**
 * The secrets that go with the embedded database, made at the first start and kept beside it, readable by
 * their owner only.
 */
export function localSecretsIn(dataDir: string): LocalSecrets {
  const file = join(dataDir, 'secrets.json');
  try {
    return { ...localSecrets.parse(JSON.parse(readFileSync(file, 'utf8'))), justMade: false };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
      throw new Error(`${file} cannot be used`, { cause: error });
  }
  const secrets = {
    databasePassword: randomBytes(24).toString('base64url'),
    encryptionKey: randomBytes(32).toString('base64'),
    operatorToken: `psab_${randomBytes(32).toString('base64url')}`,
  };
  mkdirSync(dataDir, { recursive: true });
  writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return { ...secrets, justMade: true };
}
