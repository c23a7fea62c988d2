import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../../src/config/config.js';
import { namingSetting } from '../../../src/config/naming-setting.js';

const environment = {
  DATABASE_URL: 'postgres://db.example/bridge',
  ENCRYPTION_KEYS: Buffer.alloc(32).toString('base64'),
  HOST: 'bridge.internal',
  PORT: '4000',
  METRICS_PORT: '9090',
  PSA_PLUGINS: 'their-plugin',
};
const failure = (message: string, more: object = {}) => Object.assign(new Error(message), more);
const start = (error: unknown, config = readConfig(environment)) =>
  namingSetting(config, () => Promise.reject(error)).catch(rejection => rejection);

describe('a start that fails', () => {
  const cases: [line: string, error: Error][] = [
    [
      'DATABASE_URL: connect ECONNREFUSED 127.0.0.1:1',
      failure('connect ECONNREFUSED 127.0.0.1:1', { code: 'ECONNREFUSED', syscall: 'connect' }),
    ],
    ['DATABASE_URL: ECONNREFUSED', Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' })],
    [
      'DATABASE_URL: getaddrinfo ENOTFOUND db.example',
      failure('getaddrinfo ENOTFOUND db.example', { code: 'ENOTFOUND', syscall: 'getaddrinfo' }),
    ],
    [
      'DATABASE_URL: password authentication failed for user "bridge"',
      failure('password authentication failed for user "bridge"', { code: '28P01' }),
    ],
    [
      'DATABASE_URL: database "bridge" does not exist',
      failure('database "bridge" does not exist', { code: '3D000' }),
    ],
    [
      'MONGODB_URL: connect ECONNREFUSED 127.0.0.1:1',
      failure('connect ECONNREFUSED 127.0.0.1:1', { name: 'MongoServerSelectionError' }),
    ],
    [
      'PORT: listen EADDRINUSE: address already in use',
      failure('listen EADDRINUSE: address already in use', {
        code: 'EADDRINUSE',
        syscall: 'listen',
        port: 4_000,
      }),
    ],
    [
      'METRICS_PORT: listen EACCES: permission denied',
      failure('listen EACCES: permission denied', { code: 'EACCES', syscall: 'listen', port: 9_090 }),
    ],
    [
      'HOST: listen EADDRNOTAVAIL: address not available',
      failure('listen EADDRNOTAVAIL: address not available', { code: 'EADDRNOTAVAIL', syscall: 'listen' }),
    ],
    [
      'HOST: getaddrinfo ENOTFOUND bridge.internal',
      failure('getaddrinfo ENOTFOUND bridge.internal', { code: 'ENOTFOUND', syscall: 'getaddrinfo' }),
    ],
    [
      "PSA_PLUGINS: Cannot find package 'their-plugin' imported from plugins.js",
      failure("Cannot find package 'their-plugin' imported from plugins.js", {
        code: 'ERR_MODULE_NOT_FOUND',
      }),
    ],
  ];
  it.each(cases)('because of a setting names it: %s', async (line, error) => {
    const rejection = await start(error);
    expect(rejection).toBeInstanceOf(ConfigError);
    expect(rejection).toMatchObject({ message: line, cause: error });
  });

  it.each([
    ['a bug', new TypeError('x is not a function')],
    ['a statement', failure('syntax error', { code: '42601' })],
    ['a package of our own', failure("Cannot find package 'pg'", { code: 'ERR_MODULE_NOT_FOUND' })],
    ['no error', 'a text'],
  ])('for another reason keeps its error: %s', async (_what, error) => {
    expect(await start(error)).toBe(error);
  });

  it('with the embedded database does not name DATABASE_URL', async () => {
    const error = failure('connect ECONNREFUSED', { code: 'ECONNREFUSED' });
    expect(await start(error, readConfig({}))).toBe(error);
  });
});

it('a start that succeeds returns its result', async () => {
  expect(await namingSetting(readConfig({}), async () => 'service')).toBe('service');
});
