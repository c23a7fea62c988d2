import { describe, expect, it } from 'vitest';
import { secretsInSettings } from '../../../src/config/secrets-in-settings.js';
import { openLog } from '../../../src/observability/log.js';
import type { PsaResponse } from '../../../src/psa/http.js';
import { withoutEchoes } from '../../../src/psa/without-echoes.js';
import { redactor } from '../../../src/text/redaction.js';

const secret = `pass"wörd/+&=%?'\\-and more`;
const bytes = Buffer.from(secret);

describe('a secret is redacted', () => {
  const redact = redactor([secret]);
  it.each([
    ['as it is', secret],
    ['in JSON', JSON.stringify({ password: secret })],
    ['in a URL', `https://host/?p=${encodeURIComponent(secret)}&q`],
    ['in a form', String(new URLSearchParams({ password: secret }))],
    ['in base64', `Basic ${bytes.toString('base64')}`],
    ['in base64, in a URL', encodeURIComponent(bytes.toString('base64'))],
    ['in base64, with slashes escaped', bytes.toString('base64').replaceAll('/', '\\/')],
    ['in base64url', bytes.toString('base64url')],
    ['in hex', bytes.toString('hex')],
    ['taken for Latin-1', bytes.toString('latin1')],
    ['in HEX', bytes.toString('hex').toUpperCase()],
  ])('%s', (_how, text) => {
    const redacted = redact(`before ${text} after`);
    expect(redacted).toMatch(/^before .*\[secret\].* after$/);
    expect(redacted.length).toBeLessThan(60);
  });

  it('also where it is a prefix of another one', () => {
    expect(redactor(['abcdef', 'abcdefgh'])('x abcdefgh y')).toBe('x [secret] y');
  });

  it('but not one that is too short to be distinguished from a word', () => {
    expect(redactor(['a', ''])('a banana')).toBe('a banana');
  });

  it('and JSON stays JSON', () => {
    expect(JSON.parse(redact(JSON.stringify({ said: `no: ${secret}` })))).toEqual({ said: 'no: [secret]' });
  });
});

it('no log line contains a secret, wherever in an error it was', () => {
  const lines: string[] = [];
  const log = openLog('trace', { write: line => void lines.push(line) }, redactor([secret]));
  const cause = Object.assign(new Error(`cause ${secret}`), { input: secret });
  log.error(
    { err: new Error(`error ${secret}`, { cause }), [secret]: { deep: [secret] } },
    `message ${secret}`,
  );
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({ msg: 'message [secret]' });
  expect(lines[0]).not.toContain('wörd');
});

describe('a secret that a PSA repeats', () => {
  const authorization = `Basic ${Buffer.from('acme+public:private key').toString('base64')}`;
  const ask = async (status: number, text: string) => {
    const http = { request: async (): Promise<PsaResponse> => ({ status, headers: {}, text }) };
    const request = {
      method: 'GET',
      url: 'https://psa.example/',
      headers: { Authorization: authorization },
    } as const;
    return (await withoutEchoes(http, ['private key']).request(request)).text;
  };

  it.each([400, 401, 403, 404, 418, 429, 500, 302])(
    'is taken out of an answer with status %i',
    async status => {
      expect(await ask(status, `You sent ${authorization}: acme+public:private key`)).toBe(
        'You sent Basic [secret]: [secret]',
      );
    },
  );

  it('is redacted in JSON, however its letters are escaped', async () => {
    const escaped = [...'private key'].map(letter => `\\u00${letter.charCodeAt(0).toString(16)}`).join('');
    expect(await ask(400, `{"errors":[{"message":"${escaped}"}]}`)).toBe(
      '{"errors":[{"message":"[secret]"}]}',
    );
  });

  it('stays in a record, which is the partner’s own', async () => {
    expect(await ask(200, '{"summary":"Where is my private key?"}')).toBe(
      '{"summary":"Where is my private key?"}',
    );
  });
});

describe('the secrets of the settings', () => {
  it('are all known, as written and as decoded', () => {
    const found = secretsInSettings({
      ENCRYPTION_KEYS: 'key-one, key-two',
      OPERATOR_TOKEN: 'psab_operator',
      WEBHOOK_SECRET: 'whsec_hook',
      DATABASE_URL: 'postgres://u:p%40ss@w@host/db?sslmode=require&password=other%20one',
      MONGODB_URL: 'mongodb://u:mongo@a:1,b:2/x',
      SMTP_URL: 'smtps://u:mail@host',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20collect,x-key=plain',
    });
    expect(found.sort()).toEqual(
      [
        'key-one',
        'key-two',
        'psab_operator',
        'whsec_hook',
        'hook',
        'p%40ss@w',
        'p@ss@w',
        'other%20one',
        'other one',
        'mongo',
        'mail',
        'Bearer%20collect',
        'Bearer collect',
        'collect',
        'plain',
      ].sort(),
    );
  });

  it('are empty where nothing is set or nothing can be parsed', () => {
    expect(secretsInSettings({})).toEqual([]);
    expect(secretsInSettings({ DATABASE_URL: 'postgres://host/db', SMTP_URL: 'smtp://host:25' })).toEqual([]);
  });
});
