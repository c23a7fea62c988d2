import { z } from 'zod';
import { everyEntry } from '../../text/secrets-in-text.js';
import { listOf } from '../parsers.js';
import { setting, type ValuesOf } from '../setting.js';
import type { databaseSettings } from './database.js';

export const secretSettings = {
  /** Empty only while the embedded database's own key is not read yet. */
  encryptionKeys: setting({
    name: 'ENCRYPTION_KEYS',
    parser: listOf(
      z.string().refine(key => Buffer.from(key, 'base64').length === 32, 'must be 32 bytes in base64'),
    ),
    default: '',
    shownDefault: 'generated with the embedded database',
    secret: everyEntry,
    description:
      '32-byte keys in base64, comma separated, newest first. They encrypt the PSA credentials in the database. [How to change them](docs/operating.md#secrets)',
  }),
  operatorToken: setting({
    name: 'OPERATOR_TOKEN',
    parser: z.string().min(24, 'must have at least 24 characters'),
    shownDefault: 'generated with the embedded database, and printed once',
    secret: everyEntry,
    description: 'the first operator token',
  }),
};

/** A key that a process generated for itself would be lost with it, or differ from the next process's key. */
export function secretProblems({
  secrets,
  database,
}: {
  secrets: ValuesOf<typeof secretSettings>;
  database: ValuesOf<typeof databaseSettings>;
}): string[] {
  return database.url && secrets.encryptionKeys.length === 0
    ? [
        'ENCRYPTION_KEYS: must be set when DATABASE_URL is; make one with "openssl rand -base64 32" and give every process the same',
      ]
    : [];
}
