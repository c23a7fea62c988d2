import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ConfigError } from './config.js';

const localSecrets = z.object({
  databasePassword: z.string(),
  encryptionKey: z.string(),
  operatorToken: z.string(),
});

export type LocalSecrets = z.infer<typeof localSecrets> & {
  /** Whether this call generated them. */
  justMade: boolean;
};

/**
 * The secrets of the embedded database, generated at the first start and kept beside it in a file that only its owner
 * can read. Throws ConfigError where the file cannot be read or written; its message quotes nothing of the file.
 */
export function localSecretsIn(dataDir: string): LocalSecrets {
  const file = join(dataDir, 'secrets.json');
  const text = readIfThere(file);
  if (text !== undefined) return { ...parse(text, file), justMade: false };
  const secrets = {
    databasePassword: randomBytes(24).toString('base64url'),
    encryptionKey: randomBytes(32).toString('base64'),
    operatorToken: `psab_${randomBytes(32).toString('base64url')}`,
  };
  try {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    throw unusable(file, (error as NodeJS.ErrnoException).code);
  }
  return { ...secrets, justMade: true };
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw unusable(file, code);
  }
}

function parse(text: string, file: string): z.infer<typeof localSecrets> {
  try {
    return localSecrets.parse(JSON.parse(text));
  } catch {
    throw unusable(file, 'its content is incomplete');
  }
}

function unusable(file: string, reason: string | undefined): ConfigError {
  return new ConfigError(`DATA_DIR: ${file} cannot be used (${reason})`);
}
