import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CredentialVault } from '../../../src/integrations/credential-vault.js';

const key = () => randomBytes(32).toString('base64');
const credentials = { site: 'na.example.net', password: 'correct horse' };

describe('the credential vault', () => {
  it('opens what it sealed', () => {
    const vault = new CredentialVault([key()]);
    expect(vault.open('a', vault.seal('a', credentials))).toEqual(credentials);
  });

  it('does not open one integration’s credentials as another’s', () => {
    const vault = new CredentialVault([key()]);
    expect(() => vault.open('b', vault.seal('a', credentials))).toThrow();
  });

  it('opens with an older key what was sealed before the keys were changed', () => {
    const old = key();
    const sealed = new CredentialVault([old]).seal('a', credentials);
    expect(new CredentialVault([key(), old]).open('a', sealed)).toEqual(credentials);
  });

  it('reports a missing key, without showing a secret', () => {
    const sealed = new CredentialVault([key()]).seal('a', credentials);
    expect(() => new CredentialVault([key()]).open('a', sealed)).toThrow(/ENCRYPTION_KEYS lacks/);
  });

  it('does not use another key than the one that the id names', () => {
    const [one, other] = [key(), key()];
    const sealed = new CredentialVault([one]).seal('a', credentials);
    const both = new CredentialVault([other, one]);
    expect(() => both.open('a', sealed.replace(both.keyIds[1]!, both.keyIds[0]!))).toThrow();
  });

  it('seals with the newest key, and never twice with the same nonce', () => {
    const vault = new CredentialVault([key(), key()]);
    const nonces = new Set<string>();
    for (let n = 0; n < 2_000; n += 1) {
      const [, id, text] = vault.seal('a', credentials).split('.') as [string, string, string];
      expect(id).toBe(vault.keyIds[0]);
      nonces.add(Buffer.from(text, 'base64').subarray(0, 12).toString('hex'));
    }
    expect(nonces.size).toBe(2_000);
  });

  it('shows nothing of the credentials or of the key in its output', () => {
    const secret = key();
    const sealed = new CredentialVault([secret]).seal('a', credentials);
    const bytes = Buffer.from(sealed.split('.')[2]!, 'base64').toString('latin1');
    for (const word of ['password', 'correct', 'example', secret.slice(0, 12)]) {
      expect(sealed).not.toContain(word);
      expect(bytes).not.toContain(word);
    }
  });

  it('detects every changed, missing and added byte', () => {
    const vault = new CredentialVault([key()]);
    const sealed = vault.seal('a', credentials);
    const [version, id, text] = sealed.split('.') as [string, string, string];
    const bytes = Buffer.from(text, 'base64');
    const forged = [
      ...Array.from(bytes, (_, at) => {
        const changed = Buffer.from(bytes);
        changed[at]! ^= 1;
        return changed;
      }),
      ...Array.from(bytes, (_, length) => bytes.subarray(0, length)),
      Buffer.concat([bytes, Buffer.of(0)]),
    ].map(changed => [version, id, changed.toString('base64')].join('.'));
    for (const changed of forged) expect(() => vault.open('a', changed)).toThrow();
  });

  it('detects every changed character, also those outside base64', () => {
    const vault = new CredentialVault([key()]);
    const sealed = vault.seal('a', { password: 'x' });
    const changed = Array.from(sealed, (character, at) =>
      [character === 'B' ? 'C' : 'B', ' ', '=', `${character}\n`].map(
        other => sealed.slice(0, at) + other + sealed.slice(at + 1),
      ),
    ).flat();
    const opened = [...changed, `${sealed}=`, `${sealed}.`, `${sealed}.more`, '', 'v1', 'v1..'].filter(
      each => each !== sealed && opens(vault, each),
    );
    expect(opened).toEqual([]);
  });
});

function opens(vault: CredentialVault, sealed: string): boolean {
  try {
    vault.open('a', sealed);
    return true;
  } catch {
    return false;
  }
}
