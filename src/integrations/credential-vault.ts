import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/**
 * PSA credentials at rest: AES-256-GCM, bound to their integration by associated data, so that a row's credentials are
 * useless in another row. The sealed text names its key, so that keys can be changed: the newest key seals, every known
 * key opens.
 */
export class CredentialVault {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #newest: string;

  /** Keys of 32 bytes in base64, newest first. */
  constructor(keysBase64: readonly string[]) {
    const keys = keysBase64.map(key => Buffer.from(key, 'base64'));
    if (keys.length === 0) throw new Error('no encryption key');
    this.#keys = new Map(keys.map(key => [keyId(key), key]));
    this.#newest = keyId(keys[0]!);
  }

  /** The ids of the known keys, newest first: eight hex digits, useless without the key. */
  get keyIds(): string[] {
    return [...this.#keys.keys()];
  }

  /** Seals for this integration only, with the newest key and a new nonce. */
  seal(integrationId: string, credentials: Readonly<Record<string, string>>): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', this.#keys.get(this.#newest)!, nonce).setAAD(
      Buffer.from(integrationId),
    );
    const text = Buffer.concat([cipher.update(JSON.stringify(credentials), 'utf8'), cipher.final()]);
    return ['v1', this.#newest, Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')].join(
      '.',
    );
  }

  /** Throws where no known key opens it, where it was sealed for another integration, and where anything in it was changed. */
  open(integrationId: string, sealed: string): Record<string, string> {
    const [version, id, base64, ...more] = sealed.split('.');
    const bytes = Buffer.from(base64 ?? '', 'base64');
    // Node reads base64 leniently: only the canonical form of the bytes is accepted.
    if (version !== 'v1' || bytes.toString('base64') !== base64 || bytes.length < 28 || more.length > 0) {
      throw new Error(`the credentials of integration ${integrationId} are damaged`);
    }
    const key = this.#keys.get(id!);
    if (!key) {
      throw new Error(
        `the credentials of integration ${integrationId} were sealed with a key that ENCRYPTION_KEYS lacks`,
      );
    }
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12), { authTagLength: 16 })
      .setAAD(Buffer.from(integrationId))
      .setAuthTag(bytes.subarray(12, 28));
    return JSON.parse(
      Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8'),
    );
  }
}

/** The id of the key that sealed it, in the form of `keyIds`. */
export function keyIdOf(sealed: string): string {
  return sealed.split('.')[1] ?? '';
}

function keyId(key: Buffer): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 8);
}
