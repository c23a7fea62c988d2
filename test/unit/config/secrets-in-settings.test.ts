import { describe, expect, it } from 'vitest';
import { secretsInSettings } from '../../../src/config/secrets-in-settings.js';
import { settingsIn } from '../../../src/config/setting.js';
import { settings } from '../../../src/config/settings.js';

const every = settingsIn(settings);

describe('the secrets of the settings', () => {
  const cases: [name: string, text: string, secrets: string[]][] = [
    ['DATABASE_URL', 'postgres://u:p%40ss@host/db', ['p%40ss', 'p@ss']],
    ['MONGODB_URL', 'mongodb://u:mongo@a:1,b:2/x', ['mongo']],
    ['ENCRYPTION_KEYS', 'key-one, key-two', ['key-one', 'key-two']],
    ['OPERATOR_TOKEN', 'psab_operator', ['psab_operator']],
    ['WEBHOOK_SECRET', 'whsec_hook', ['whsec_hook', 'hook']],
    ['SMTP_URL', 'smtps://u:mail@host', ['mail']],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'x-key=plain', ['plain']],
    ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'authorization=Bearer abc', ['Bearer abc', 'abc']],
  ];
  it.each(cases)('are found in %s, even if its value is invalid', (name, text, secrets) => {
    expect(secretsInSettings({ [name]: text })).toEqual(secrets);
  });

  it('are tested for each setting that is declared secret', () => {
    expect(cases.map(([name]) => name).sort()).toEqual(
      every
        .filter(({ secret }) => secret)
        .map(({ name }) => name)
        .sort(),
    );
  });

  it('are declared where the name suggests one', () => {
    const named = every.filter(({ name }) => /SECRET|TOKEN|KEY|PASSWORD|HEADERS/.test(name));
    expect(named.filter(({ secret }) => !secret)).toEqual([]);
  });
});
