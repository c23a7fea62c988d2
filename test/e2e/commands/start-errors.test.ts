import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from '../../support/command.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { testKey } from '../../support/keys.js';

const programs = ['main', 'commands/migrate', 'commands/rotate-keys'];
const start = (program: string, environment: Record<string, string>) =>
  command(process.execPath, [`dist/src/${program}.js`], { environment });

let database: TestDatabase;
let busy: Server;
beforeAll(async () => {
  database = await freshDatabase();
  busy = createServer();
  await new Promise<void>(done => busy.listen(0, '127.0.0.1', done));
});
afterAll(async () => {
  busy.close();
  await database.drop();
});

describe.each(programs)('%s with invalid settings', program => {
  it('prints a line for each and nothing else, and exits with 1', async () => {
    expect(
      await start(program, { JWT_ISSUER: 'foo', PORT: 'x', SMTP_URL: 'mail://u:secret-word@h' }),
    ).toEqual({
      code: 1,
      stdout: '',
      stderr: [
        'PORT: must be a whole number from 0 to 65535',
        'JWT_ISSUER: must be a URL',
        'SMTP_URL: must be smtp://… or smtps://…',
        '',
      ].join('\n'),
    });
  });

  it('names DATABASE_URL where the database does not answer', async () => {
    const { code, stdout, stderr } = await start(program, {
      DATABASE_URL: 'postgres://u:secret-word@127.0.0.1:1/bridge',
      ENCRYPTION_KEYS: testKey,
    });
    expect([code, stdout, stderr]).toEqual([1, '', 'DATABASE_URL: connect ECONNREFUSED 127.0.0.1:1\n']);
  });

  it('names DATABASE_URL where there is no such database', async () => {
    const url = new URL(database.url);
    url.pathname = '/nonsense';
    const { code, stderr } = await start(program, { DATABASE_URL: url.href, ENCRYPTION_KEYS: testKey });
    expect([code, stderr]).toEqual([1, 'DATABASE_URL: database "nonsense" does not exist\n']);
  });
});

describe('the service', () => {
  const port = () => String((busy.address() as AddressInfo).port);
  const cases: [name: string, environment: () => Record<string, string>, line: RegExp][] = [
    ['PORT', () => ({ PORT: port() }), /^PORT: listen EADDRINUSE: .*\n$/],
    [
      'METRICS_PORT',
      () => ({ ROLES: 'worker', METRICS_PORT: port() }),
      /^METRICS_PORT: listen EADDRINUSE: .*\n$/,
    ],
    [
      'HOST',
      () => ({ PORT: '0', HOST: 'host.invalid' }),
      /^HOST: getaddrinfo (ENOTFOUND|EAI_AGAIN) host\.invalid\n$/,
    ],
    ['HOST', () => ({ PORT: '0', HOST: '192.0.2.1' }), /^HOST: listen EADDRNOTAVAIL: .*\n$/],
    [
      'PSA_PLUGINS',
      () => ({ PORT: '0', PSA_PLUGINS: 'no-such-plugin' }),
      /^PSA_PLUGINS: Cannot find package 'no-such-plugin' .*\n$/,
    ],
    ['DATA_DIR', () => ({ DATABASE_URL: '', DATA_DIR: 'package.json' }), /^DATA_DIR: .*cannot be used.*\n$/],
  ];
  it.each(cases)('names %s where its value cannot be used', async (_name, environment, line) => {
    const settings = { DATABASE_URL: database.url, ENCRYPTION_KEYS: testKey, LOG_LEVEL: 'silent' };
    const { code, stderr } = await start('main', { ...settings, ...environment() });
    expect(stderr).toMatch(line);
    expect(code).toBe(1);
  });
});
