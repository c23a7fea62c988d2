import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/config/config.js';
import { localSecretsIn } from '../../../src/config/local-secrets.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'psa-bridge-secrets-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function problemOf(dataDir: string): string {
  try {
    localSecretsIn(dataDir);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe('the secrets of the embedded database', () => {
  it('are generated once, and then read', () => {
    const first = localSecretsIn(join(folder, 'new'));
    expect(first.justMade).toBe(true);
    expect(localSecretsIn(join(folder, 'new'))).toEqual({ ...first, justMade: false });
  });

  it('can be read by their owner only', () => {
    localSecretsIn(folder);
    expect(statSync(join(folder, 'secrets.json')).mode & 0o777).toBe(0o600);
  });

  it('that cannot be stored are an error of DATA_DIR', () => {
    writeFileSync(join(folder, 'file'), '');
    expect(problemOf(join(folder, 'file'))).toMatch(/^DATA_DIR: .*secrets\.json cannot be used \(ENOTDIR\)$/);
  });

  it.each(['secret-word', '{"databasePassword":"secret-word"}'])(
    'that are damaged are an error of DATA_DIR, which does not quote them: %s',
    content => {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'secrets.json'), content);
      const problem = problemOf(folder);
      expect(problem).toMatch(/^DATA_DIR: /);
      expect(problem).not.toContain('secret-word');
    },
  );
});
