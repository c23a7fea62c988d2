import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CredentialVault } from '../../src/domain/integrations/credentials.js';

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

  it('says that a key is missing, without showing anything', () => {
    const sealed = new CredentialVault([key()]).seal('a', credentials);
    expect(() => new CredentialVault([key()]).open('a', sealed)).toThrow(/ENCRYPTION_KEYS lacks/);
  });

  it('seals the same text differently every time', () => {
    const vault = new CredentialVault([key()]);
    expect(vault.seal('a', credentials)).not.toBe(vault.seal('a', credentials));
  });

  it('notices a changed byte', () => {
    const vault = new CredentialVault([key()]);
    const [version, id, text] = vault.seal('a', credentials).split('.') as [string, string, string];
    const bytes = Buffer.from(text, 'base64');
    bytes[40]! ^= 1;
    expect(() => vault.open('a', [version, id, bytes.toString('base64')].join('.'))).toThrow();
  });
});
