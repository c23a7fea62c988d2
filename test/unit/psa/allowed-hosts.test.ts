import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../../src/config/config.js';
import { allowedHosts } from '../../../src/psa/allowed-hosts.js';

describe('an exception from the guard', () => {
  const cases: [entry: string, allows: string[], not: string[]][] = [
    [
      'psa.internal',
      [
        'https://psa.internal/',
        'http://psa.internal/',
        'https://PSA.internal:8443/',
        'http://psa.internal:8443/',
      ],
      [
        'https://psa.internal:8444/',
        'https://psa.internal:22/',
        'https://other.psa.internal/',
        'https://psa.internal./',
      ],
    ],
    [
      'psa.internal:8080',
      ['http://psa.internal:8080/', 'https://psa.internal:8080/'],
      ['https://psa.internal/', 'http://psa.internal/', 'https://psa.internal:8443/'],
    ],
    ['psa.internal:443', ['https://psa.internal/'], ['http://psa.internal/']],
    ['psa.internal:80', ['http://psa.internal/'], ['https://psa.internal/']],
    [
      '127.0.0.1:*',
      ['http://127.0.0.1:4000/', 'https://127.0.0.1:1/', 'http://127.1/'],
      ['http://127.0.0.2/'],
    ],
    ['PSA.Internal:8080', ['http://psa.internal:8080/'], []],
    ['[fd00:0::1]:8080', ['http://[fd00::1]:8080/'], ['http://[fd00::2]:8080/']],
    ['büro.example', ['https://xn--bro-hoa.example/'], []],
  ];
  it.each(cases)('%s', (entry, allows, not) => {
    const hosts = allowedHosts([entry], [443, 8443]);
    expect(allows.filter(url => !hosts.allows(new URL(url)))).toEqual([]);
    expect(not.filter(url => hosts.allows(new URL(url)))).toEqual([]);
  });

  const wrong = [
    'https://psa.internal',
    'psa.internal/',
    'psa.internal:',
    'a:70000',
    '*.internal',
    'u@a',
    'fd00::1',
  ];
  it.each(wrong)('with a syntax error is rejected as a setting: %s', entry => {
    for (const name of ['PSA_ALLOWED_HOSTS', 'WEBHOOK_ALLOWED_HOSTS']) {
      expect(() => readConfig({ [name]: `good.example,${entry}` })).toThrow(ConfigError);
      expect(() => readConfig({ [name]: `good.example,${entry}` })).toThrow(
        `${name}: "${entry}" is not "host"`,
      );
    }
  });
});

describe('PSA_PORTS', () => {
  it('is 443 unless set', () => {
    expect(readConfig({}).psa.ports).toEqual([443]);
    expect(readConfig({ PSA_PORTS: '443, 8443' }).psa.ports).toEqual([443, 8443]);
  });

  it.each(['https', '0', '65536', '4.5', '1-1024'])('accepts port numbers only, not %s', ports => {
    expect(() => readConfig({ PSA_PORTS: ports })).toThrow(/PSA_PORTS/);
  });
});
