import { describe, expect, it } from 'vitest';
import { type Config, ConfigError, readConfig } from '../../../src/config/config.js';
import { settingsIn } from '../../../src/config/setting.js';
import { settings } from '../../../src/config/settings.js';

const key = Buffer.alloc(32, 1).toString('base64');
const otherKey = Buffer.alloc(32, 2).toString('base64');
const webhookSecret = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
const every = settingsIn(settings).map(({ name }) => name);

/** The lines of the error; none where the settings are valid. */
function problemsOf(environment: Record<string, string>): string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message.split('\n');
  }
}

describe('without any setting', () => {
  it('every value is the default', () => {
    expect(readConfig({})).toEqual({
      process: { roles: ['api', 'worker'], logLevel: 'info' },
      http: {
        host: '127.0.0.1',
        port: 4000,
        metricsPort: undefined,
        trustProxy: [],
        requestTimeoutMs: 60_000,
        requestsPerMinute: 1_200,
        subscriptionsPerCaller: 1_000,
        introspection: true,
        playground: true,
      },
      database: { url: undefined, dataDir: '.data', mongodbUrl: undefined },
      secrets: { encryptionKeys: [], operatorToken: undefined },
      identity: undefined,
      psa: {
        solutionName: 'Arcserve UDP Cloud Direct',
        clientIds: {},
        allowedHosts: [],
        ports: [443],
        plugins: [],
        requestsPerMinute: 1_000,
        concurrency: 8,
        timeoutMs: 30_000,
      },
      usage: { rules: {}, runTime: '06:00' },
      worker: { leaseMs: 30_000, retentionDays: 400 },
      notices: {
        webhookUrls: [],
        webhookSecrets: [],
        webhookAllowedHosts: [],
        smtpUrl: undefined,
        emailFrom: undefined,
        operatorEmails: [],
      },
      tracing: {
        endpoint: undefined,
        tracesEndpoint: undefined,
        headers: undefined,
        tracesHeaders: undefined,
      },
    } satisfies Config);
  });

  it('an empty text counts as unset', () => {
    expect(readConfig(Object.fromEntries(every.map(name => [name, ''])))).toEqual(readConfig({}));
  });

  it('a list without entries counts as unset', () => {
    const config = readConfig({ ROLES: ' , ', PSA_PORTS: ',', TRUST_PROXY: ',' });
    expect(config.process.roles).toEqual(['api', 'worker']);
    expect(config.psa.ports).toEqual([443]);
    expect(config.http.trustProxy).toEqual([]);
  });
});

describe('a valid value is read', () => {
  const provider = { JWT_ISSUER: 'https://id.example', JWT_AUDIENCE: 'bridge, other' };
  const mail = { SMTP_URL: 'smtps://u:p@mail.example:465', EMAIL_FROM: 'bridge@vendor.example' };
  const cases: [
    environment: Record<string, string>,
    value: (config: Config) => unknown,
    expected: unknown,
  ][] = [
    [{ ROLES: 'worker' }, config => config.process.roles, ['worker']],
    [{ ROLES: ' api , worker ' }, config => config.process.roles, ['api', 'worker']],
    [{ LOG_LEVEL: 'debug' }, config => config.process.logLevel, 'debug'],
    [{ HOST: '0.0.0.0' }, config => config.http.host, '0.0.0.0'],
    [{ HOST: '::1' }, config => config.http.host, '::1'],
    [{ HOST: 'bridge.internal' }, config => config.http.host, 'bridge.internal'],
    [{ PORT: '0' }, config => config.http.port, 0],
    [{ METRICS_PORT: '9090' }, config => config.http.metricsPort, 9_090],
    [
      { TRUST_PROXY: '10.0.0.0/8, ::1,192.0.2.1' },
      config => config.http.trustProxy,
      ['10.0.0.0/8', '::1', '192.0.2.1'],
    ],
    [{ API_REQUEST_TIMEOUT_SECONDS: '1.5' }, config => config.http.requestTimeoutMs, 1_500],
    [{ API_REQUESTS_PER_MINUTE: '0' }, config => config.http.requestsPerMinute, 0],
    [{ API_SUBSCRIPTIONS_PER_CALLER: '1' }, config => config.http.subscriptionsPerCaller, 1],
    [{ INTROSPECTION: 'off' }, config => config.http.introspection, false],
    [{ PLAYGROUND: 'off' }, config => config.http.playground, false],
    [
      { DATABASE_URL: 'postgres://u:p%40ss@[::1]:5432/bridge?sslmode=require', ENCRYPTION_KEYS: key },
      config => config.database.url,
      'postgres://u:p%40ss@[::1]:5432/bridge?sslmode=require',
    ],
    [
      { DATABASE_URL: 'postgresql:///bridge?host=/run/postgresql', ENCRYPTION_KEYS: key },
      config => config.database.url,
      'postgresql:///bridge?host=/run/postgresql',
    ],
    [{ DATA_DIR: '/var/lib/bridge' }, config => config.database.dataDir, '/var/lib/bridge'],
    [
      { MONGODB_URL: 'mongodb://u:p@a:1,b:2/jobs?replicaSet=x' },
      config => config.database.mongodbUrl,
      'mongodb://u:p@a:1,b:2/jobs?replicaSet=x',
    ],
    [
      { MONGODB_URL: 'mongodb+srv://cluster.example' },
      config => config.database.mongodbUrl,
      'mongodb+srv://cluster.example',
    ],
    [
      { MONGODB_URL: 'mongodb://[::1]:27017/x' },
      config => config.database.mongodbUrl,
      'mongodb://[::1]:27017/x',
    ],
    [{ ENCRYPTION_KEYS: `${key}, ${otherKey}` }, config => config.secrets.encryptionKeys, [key, otherKey]],
    [
      { OPERATOR_TOKEN: 'psab_twenty-four-characters' },
      config => config.secrets.operatorToken,
      'psab_twenty-four-characters',
    ],
    [{ SOLUTION_NAME: 'Backup' }, config => config.psa.solutionName, 'Backup'],
    [
      { PSA_ALLOWED_HOSTS: 'psa.internal:8080,[fd00::1]:*' },
      config => config.psa.allowedHosts,
      ['psa.internal:8080', '[fd00::1]:*'],
    ],
    [{ PSA_PORTS: '443, 8443' }, config => config.psa.ports, [443, 8_443]],
    [{ PSA_PLUGINS: 'one, @scope/two' }, config => config.psa.plugins, ['one', '@scope/two']],
    [{ PSA_REQUESTS_PER_MINUTE: '60' }, config => config.psa.requestsPerMinute, 60],
    [{ PSA_CONCURRENCY: '64' }, config => config.psa.concurrency, 64],
    [{ PSA_TIMEOUT_SECONDS: '120' }, config => config.psa.timeoutMs, 120_000],
    [
      { USAGE_RULES: 'Backup Usage=maximum; Machines = last ;a=b=sum;' },
      config => config.usage.rules,
      { 'Backup Usage': 'maximum', Machines: 'last', 'a=b': 'sum' },
    ],
    [{ USAGE_RUN_TIME: '23:59' }, config => config.usage.runTime, '23:59'],
    [{ LEASE_SECONDS: '3' }, config => config.worker.leaseMs, 3_000],
    [{ RETENTION_DAYS: '62' }, config => config.worker.retentionDays, 62],
    [{ RETENTION_DAYS: '0' }, config => config.worker.retentionDays, 0],
    [
      provider,
      config => config.identity,
      {
        issuer: 'https://id.example',
        audience: ['bridge', 'other'],
        jwksUrl: undefined,
        algorithms: [
          'RS256',
          'RS384',
          'RS512',
          'PS256',
          'PS384',
          'PS512',
          'ES256',
          'ES384',
          'ES512',
          'EdDSA',
        ],
        clockSkewSeconds: 30,
        roleClaim: 'psa_bridge_role',
        partnerClaim: 'psa_bridge_partner',
        roleNames: { OPERATOR: 'OPERATOR', PARTNER: 'PARTNER', SOURCE: 'SOURCE' },
      },
    ],
    [
      { ...provider, JWT_ISSUER: 'http://127.0.0.1:8080/realm' },
      config => config.identity?.issuer,
      'http://127.0.0.1:8080/realm',
    ],
    [
      { ...provider, JWT_JWKS_URL: 'https://id.example/keys' },
      config => config.identity?.jwksUrl,
      'https://id.example/keys',
    ],
    [{ ...provider, JWT_ALGORITHMS: 'ES256' }, config => config.identity?.algorithms, ['ES256']],
    [{ ...provider, JWT_CLOCK_SKEW_SECONDS: '0' }, config => config.identity?.clockSkewSeconds, 0],
    [{ ...provider, JWT_ROLE_CLAIM: 'a.b' }, config => config.identity?.roleClaim, 'a.b'],
    [{ ...provider, JWT_PARTNER_CLAIM: 'msp' }, config => config.identity?.partnerClaim, 'msp'],
    [
      { ...provider, JWT_ROLE_OPERATOR: 'o', JWT_ROLE_PARTNER: 'p', JWT_ROLE_SOURCE: 's' },
      config => config.identity?.roleNames,
      { OPERATOR: 'o', PARTNER: 'p', SOURCE: 's' },
    ],
    [
      { WEBHOOK_URLS: 'https://a.example/x?y, https://b.example', WEBHOOK_SECRET: webhookSecret },
      config => config.notices.webhookUrls,
      ['https://a.example/x?y', 'https://b.example'],
    ],
    [
      { WEBHOOK_SECRET: `${webhookSecret},${webhookSecret}` },
      config => config.notices.webhookSecrets,
      [webhookSecret, webhookSecret],
    ],
    [
      {
        WEBHOOK_URLS: 'http://hooks.internal/',
        WEBHOOK_SECRET: webhookSecret,
        WEBHOOK_ALLOWED_HOSTS: 'hooks.internal',
      },
      config => config.notices.webhookAllowedHosts,
      ['hooks.internal'],
    ],
    [mail, config => config.notices.smtpUrl, 'smtps://u:p@mail.example:465'],
    [
      { ...mail, EMAIL_FROM: 'PSA Bridge <bridge@vendor.example>' },
      config => config.notices.emailFrom,
      'PSA Bridge <bridge@vendor.example>',
    ],
    [
      { ...mail, OPERATOR_EMAILS: 'a@vendor.example, b@vendor.example' },
      config => config.notices.operatorEmails,
      ['a@vendor.example', 'b@vendor.example'],
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' },
      config => config.tracing.endpoint,
      'http://collector:4318',
    ],
    [
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/v1/traces' },
      config => config.tracing.tracesEndpoint,
      'http://collector:4318/v1/traces',
    ],
    [{ OTEL_EXPORTER_OTLP_HEADERS: 'a=b' }, config => config.tracing.headers, 'a=b'],
    [{ OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'a=b' }, config => config.tracing.tracesHeaders, 'a=b'],
  ];
  it.each(cases.map(one => [JSON.stringify(one[0]), ...one] as const))(
    '%s',
    (_text, environment, value, expected) => {
      expect(value(readConfig(environment))).toEqual(expected);
    },
  );

  it('of each setting', () => {
    const tested = new Set(cases.flatMap(([environment]) => Object.keys(environment)));
    expect(every.filter(name => !tested.has(name))).toEqual(['PSA_CLIENT_IDS']); // has tests of its own, below
  });
});

describe('an invalid value', () => {
  /** Settings that take any text. */
  const anyText = [
    'DATA_DIR',
    'SOLUTION_NAME',
    'PSA_PLUGINS',
    'JWT_AUDIENCE',
    'JWT_ROLE_CLAIM',
    'JWT_PARTNER_CLAIM',
    'JWT_ROLE_OPERATOR',
    'JWT_ROLE_PARTNER',
    'JWT_ROLE_SOURCE',
    'OTEL_EXPORTER_OTLP_HEADERS',
    'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
  ];
  const invalid: Record<string, string[]> = {
    ROLES: ['nonsense', 'api,nonsense'],
    LOG_LEVEL: ['nonsense', 'INFO'],
    HOST: ['not a host', 'http://127.0.0.1', '[::1]', '127.0.0.1:80'],
    PORT: ['nonsense', '-1', '65536', '4.5'],
    METRICS_PORT: ['nonsense', '65536'],
    TRUST_PROXY: ['nonsense', '10.0.0.0/33', 'proxy.internal', '::1,nonsense'],
    API_REQUEST_TIMEOUT_SECONDS: ['nonsense', '0', '601', 'Infinity'],
    API_REQUESTS_PER_MINUTE: ['nonsense', '-1', '1.5', 'Infinity', '1e300'],
    API_SUBSCRIPTIONS_PER_CALLER: ['nonsense', '0'],
    INTROSPECTION: ['nonsense', 'true'],
    PLAYGROUND: ['nonsense', '1'],
    DATABASE_URL: [
      'nonsense',
      'postgres://',
      'postgres://host',
      'postgres://user:secret-word@host:nonsense/db',
      'postgres://user:secret-word%zz@host/db',
      'mysql://user:secret-word@host/db',
      'https://host/db',
    ],
    MONGODB_URL: [
      'nonsense',
      'mongodb://',
      'mongodb://user:secret-word@host:nonsense/',
      'postgres://user:secret-word@host/db',
    ],
    ENCRYPTION_KEYS: ['nonsense', `${key},secret-word`],
    OPERATOR_TOKEN: ['secret-word'],
    PSA_CLIENT_IDS: ['nonsense', '=x', 'one=', 'One=x', 'one=x,nonsense', 'one=x y'],
    PSA_ALLOWED_HOSTS: ['https://psa.internal', 'psa.internal/', 'a:70000', '*.internal', 'fd00::1'],
    PSA_PORTS: ['nonsense', '0', '65536', '4.5', '1-1024', '443,https'],
    PSA_REQUESTS_PER_MINUTE: ['nonsense', '-1'],
    PSA_CONCURRENCY: ['nonsense', '0', '65'],
    PSA_TIMEOUT_SECONDS: ['nonsense', '0', '121'],
    USAGE_RULES: ['nonsense', '=last', 'Backup=middle', 'Backup=last,Machines'],
    USAGE_RUN_TIME: ['nonsense', '24:00', '6:00', '06:00:00'],
    LEASE_SECONDS: ['nonsense', '2', '601'],
    RETENTION_DAYS: ['nonsense', '61', '-1', '100.5'],
    JWT_ISSUER: ['nonsense', 'https://', 'http://id.example', 'ftp://id.example'],
    JWT_JWKS_URL: ['nonsense', 'http://id.example/keys'],
    JWT_ALGORITHMS: ['nonsense', 'HS256', 'none', 'RS256,HS256'],
    JWT_CLOCK_SKEW_SECONDS: ['nonsense', '-1', '301', '1.5'],
    WEBHOOK_URLS: [
      'nonsense',
      'ftp://a.example',
      'https://me:pw@a.example/',
      `https://a.example/${'x'.repeat(2_000)}`,
    ],
    WEBHOOK_SECRET: ['secret-word', 'whsec_c2hvcnQ=', webhookSecret.slice(6), `${webhookSecret},secret-word`],
    WEBHOOK_ALLOWED_HOSTS: ['https://psa.internal', 'a:70000'],
    SMTP_URL: ['nonsense', 'mail://user:secret-word@host', 'smtp://user:secret-word@host:nonsense'],
    EMAIL_FROM: ['nonsense', 'Bridge <nonsense>', 'Bridge <a@b.example'],
    OPERATOR_EMAILS: ['nonsense', 'a@vendor.example,nonsense'],
    OTEL_EXPORTER_OTLP_ENDPOINT: ['nonsense'],
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: ['nonsense'],
  };

  const cases = Object.entries(invalid).flatMap(([name, values]) =>
    values.map((value): [string, string] => [name, value]),
  );
  it.each(cases)('is reported in one line that begins with the setting’s name: %s=%s', (name, value) => {
    const [line, ...more] = problemsOf({ [name]: value });
    expect(line).toMatch(new RegExp(`^${name}(, entry [1-9])?: \\S`));
    expect(more).toEqual([]);
    expect(line).not.toMatch(/secret-word/);
  });

  it('is tested for every setting that does not take any text', () => {
    expect([...Object.keys(invalid), ...anyText].sort()).toEqual([...every].sort());
  });

  it('is reported for each of several settings', () => {
    expect(problemsOf({ PORT: 'x', LEASE_SECONDS: '1', JWT_ISSUER: 'foo', ROLES: 'king' })).toEqual([
      'ROLES, entry 1: must be "api" or "worker"',
      'PORT: must be a whole number from 0 to 65535',
      'JWT_ISSUER: must be a URL',
      'LEASE_SECONDS: must be a number of seconds from 3 to 600',
    ]);
  });

  it('is reported for each entry of a list', () => {
    expect(problemsOf({ PSA_PORTS: '443,no,0' })).toEqual([
      'PSA_PORTS, entry 2: must be a whole number from 1 to 65535',
      'PSA_PORTS, entry 3: must be a whole number from 1 to 65535',
    ]);
  });
});

describe('a rule between settings', () => {
  const cases: [what: string, environment: Record<string, string>, problems: string[]][] = [
    [
      'a database needs keys that outlive the process',
      { DATABASE_URL: 'postgres://host/db' },
      [
        'ENCRYPTION_KEYS: must be set when DATABASE_URL is; make one with "openssl rand -base64 32" and give every process the same',
      ],
    ],
    [
      'an issuer needs an audience',
      { JWT_ISSUER: 'https://id.example' },
      ['JWT_AUDIENCE: must be set when JWT_ISSUER is, or tokens for other services would be accepted'],
    ],
    [
      'an audience needs an issuer',
      { JWT_AUDIENCE: 'x' },
      ['JWT_ISSUER: must be set when JWT_AUDIENCE or JWT_JWKS_URL is'],
    ],
    [
      'keys need an issuer',
      { JWT_JWKS_URL: 'https://id.example/keys' },
      ['JWT_ISSUER: must be set when JWT_AUDIENCE or JWT_JWKS_URL is'],
    ],
    [
      'two roles have two names',
      { JWT_ROLE_SOURCE: 'PARTNER' },
      ['JWT_ROLE_OPERATOR, JWT_ROLE_PARTNER, JWT_ROLE_SOURCE: must differ from each other'],
    ],
    [
      'webhooks are signed',
      { WEBHOOK_URLS: 'https://vendor.example/' },
      [
        'WEBHOOK_SECRET: must be set when WEBHOOK_URLS is; make one with "echo whsec_$(openssl rand -base64 32)"',
      ],
    ],
    [
      'webhooks go by https, except to listed hosts',
      {
        WEBHOOK_URLS: 'http://vendor.example/,http://hooks.internal/',
        WEBHOOK_SECRET: webhookSecret,
        WEBHOOK_ALLOWED_HOSTS: 'hooks.internal',
      },
      ['WEBHOOK_URLS: vendor.example must be reached by https'],
    ],
    [
      'a mail server needs a sender',
      { SMTP_URL: 'smtps://mail.example' },
      ['EMAIL_FROM: must be set when SMTP_URL is'],
    ],
    [
      'addresses need a mail server',
      { OPERATOR_EMAILS: 'a@vendor.example' },
      ['SMTP_URL: must be set when OPERATOR_EMAILS is'],
    ],
  ];
  it.each(cases)('%s', (_what, environment, problems) => {
    expect(problemsOf(environment)).toEqual(problems);
  });

  it('is checked once each setting by itself is valid', () => {
    expect(problemsOf({ OPERATOR_EMAILS: 'a@vendor.example', PORT: 'x' })).toEqual([
      'PORT: must be a whole number from 0 to 65535',
    ]);
  });
});

describe('client ids', () => {
  const clientIds = (environment: Record<string, string>) => readConfig(environment).psa.clientIds;

  it('are listed by plugin', () => {
    expect(clientIds({ PSA_CLIENT_IDS: 'connectwise=one, my-psa = two,' })).toEqual({
      connectwise: 'one',
      'my-psa': 'two',
    });
  });

  it('are also read from a variable with the plugin’s name, such as CONNECTWISE_CLIENT_ID', () => {
    expect(clientIds({ CONNECTWISE_CLIENT_ID: 'one', MY_PSA_CLIENT_ID: 'two' })).toEqual({
      connectwise: 'one',
      'my-psa': 'two',
    });
  });

  it('of the list take precedence over that variable', () => {
    expect(clientIds({ CONNECTWISE_CLIENT_ID: 'old', PSA_CLIENT_IDS: 'connectwise=new' })).toEqual({
      connectwise: 'new',
    });
  });

  it('are unset by an empty variable', () => {
    expect(clientIds({ CONNECTWISE_CLIENT_ID: '' })).toEqual({});
  });
});
