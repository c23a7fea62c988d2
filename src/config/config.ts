import { z } from 'zod';
import { allowedHosts, portOf } from '../psa/allowed-hosts.js';
import { isHttpsOrLoopback } from './https-or-loopback.js';

const list = z
  .string()
  .default('')
  .transform(text =>
    text
      .split(',')
      .map(item => item.trim())
      .filter(item => item !== ''),
  );

/** Exceptions from the guard of outgoing requests. */
const hostList = list.superRefine((hosts, context) => {
  try {
    allowedHosts(hosts, []);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

/** Standard Webhooks: "whsec_" and 24 to 64 bytes in base64. */
const webhookSecret = z.string().refine(secret => {
  const [, encoded] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  const { length } = Buffer.from(encoded ?? '', 'base64');
  return encoded !== undefined && encoded.length % 4 === 0 && length >= 24 && length <= 64;
}, 'each secret is "whsec_" and 24 to 64 bytes in base64');

const webhookUrl = z
  .url({ protocol: /^https?$/, error: 'each is a URL' })
  .max(2_000)
  .refine(url => {
    const { username, password } = new URL(url);
    return username === '' && password === '';
  }, 'a URL may hold no user and no password');

/** "PSA Bridge <bridge@vendor.example>", or the address alone. */
const sender = z
  .string()
  .refine(
    text => z.email().safeParse(/^[^<>\r\n]*<([^<>]+)>$/.exec(text)?.[1] ?? text).success,
    'an e-mail address, or "Name <address>"',
  );

/** "Backup Usage=maximum;Protected Machines=last": how a period's quantity comes of a type's measurements. */
const usageRules = z
  .string()
  .default('')
  .transform((text, context) => {
    const rules: Record<string, UsageRuleName> = {};
    for (const entry of text.split(';').filter(part => part.trim() !== '')) {
      const at = entry.lastIndexOf('=');
      const rule = usageRuleName.safeParse(entry.slice(at + 1).trim());
      if (at < 1 || !rule.success) {
        context.addIssue({
          code: 'custom',
          message: `"${entry}" is not "usage type=last", "=maximum", "=average" or "=sum"`,
        });
        return z.NEVER;
      }
      rules[entry.slice(0, at).trim()] = rule.data;
    }
    return rules;
  });
const usageRuleName = z.enum(['last', 'maximum', 'average', 'sum']);
type UsageRuleName = z.infer<typeof usageRuleName>;

const encryptionKey = z
  .string()
  .refine(key => Buffer.from(key, 'base64').length === 32, 'each key is 32 bytes in base64');

/** By public keys only: with a shared secret whoever can check a token can make one. */
const signatures = [
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
] as const;

const providerUrl = z
  .url({ protocol: /^https?$/, error: 'is a URL' })
  .refine(isHttpsOrLoopback, 'must be reached by https');

const onOrOff = z
  .enum(['on', 'off'], 'on or off')
  .default('on')
  .transform(value => value === 'on');

const settings = z.object({
  PORT: z.coerce.number('must be a port number').int().min(0).max(65535).default(4000),
  METRICS_PORT: z.coerce.number('must be a port number').int().min(0).max(65535).optional(),
  HOST: z.string().default('127.0.0.1'),
  DATABASE_URL: z.string().optional(),
  DATA_DIR: z.string().default('.data'),
  MONGODB_URL: z.string().optional(),
  ROLES: list
    .pipe(z.array(z.enum(['api', 'worker'])))
    .transform(roles => (roles.length > 0 ? roles : (['api', 'worker'] as const))),
  ENCRYPTION_KEYS: list.pipe(z.array(encryptionKey)),
  JWT_ISSUER: providerUrl.optional(),
  JWT_AUDIENCE: list,
  JWT_JWKS_URL: providerUrl.optional(),
  JWT_ALGORITHMS: list
    .pipe(z.array(z.enum(signatures, `each is one of ${signatures.join(', ')}`)))
    .transform(chosen => (chosen.length > 0 ? chosen : signatures)),
  JWT_CLOCK_SKEW_SECONDS: z.coerce.number('must be a number of seconds').int().min(0).max(300).default(30),
  JWT_ROLE_CLAIM: z.string().default('psa_bridge_role'),
  JWT_PARTNER_CLAIM: z.string().default('psa_bridge_partner'),
  JWT_ROLE_OPERATOR: z.string().default('OPERATOR'),
  JWT_ROLE_PARTNER: z.string().default('PARTNER'),
  JWT_ROLE_SOURCE: z.string().default('SOURCE'),
  OPERATOR_TOKEN: z.string().min(24, 'at least 24 characters').optional(),
  SOLUTION_NAME: z.string().min(1).default('Arcserve UDP Cloud Direct'),
  CONNECTWISE_CLIENT_ID: z.string().optional(),
  PSA_ALLOWED_HOSTS: hostList,
  PSA_PORTS: list
    .transform(ports => (ports.length > 0 ? ports.map(Number) : [443]))
    .pipe(z.array(z.number('each is a port number').int().min(1).max(65_535))),
  PSA_PLUGINS: list,
  PSA_REQUESTS_PER_MINUTE: z.coerce.number('must be a number').int().min(0).default(1_000),
  PSA_TIMEOUT_SECONDS: z.coerce.number('must be a number').min(1).max(120).default(30),
  PSA_CONCURRENCY: z.coerce.number('must be a number').int().min(1).max(64).default(8),
  API_REQUESTS_PER_MINUTE: z.coerce.number('must be a number').int().min(0).default(1_200),
  API_SUBSCRIPTIONS_PER_CALLER: z.coerce.number('must be a number').int().min(1).default(1_000),
  API_REQUEST_TIMEOUT_SECONDS: z.coerce.number('must be a number of seconds').min(1).max(600).default(60),
  TRUST_PROXY: list.pipe(
    z.array(
      z.union(
        [z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()],
        'each is an address or a network such as 10.0.0.0/8',
      ),
    ),
  ),
  INTROSPECTION: onOrOff,
  PLAYGROUND: onOrOff,
  USAGE_RULES: usageRules,
  USAGE_RUN_TIME: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time such as 06:00')
    .default('06:00'),
  LEASE_SECONDS: z.coerce.number('must be a number of seconds').min(3).max(600).default(30),
  RETENTION_DAYS: z.coerce
    .number('must be a number of days')
    .int()
    .refine(days => days === 0 || days >= 62, 'at least 62, or 0 to keep everything')
    .default(400),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url('must be the address of an OpenTelemetry collector').optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.url('must be an address').optional(),
  WEBHOOK_URLS: list.pipe(z.array(webhookUrl)),
  WEBHOOK_SECRET: list.pipe(z.array(webhookSecret)),
  WEBHOOK_ALLOWED_HOSTS: hostList,
  SMTP_URL: z.url({ protocol: /^smtps?$/, error: 'smtp://… or smtps://…' }).optional(),
  EMAIL_FROM: sender.optional(),
  OPERATOR_EMAILS: list.pipe(z.array(z.email('each is an e-mail address'))),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export type Role = 'api' | 'worker';

/** Who is told of trouble, and how. */
export interface NoticeSettings {
  webhookUrls: readonly string[];
  /** Newest first; every webhook is signed with all of them. */
  webhookSecrets: readonly string[];
  webhookAllowedHosts: readonly string[];
  /** Set together with `emailFrom`, or no e-mail is sent. */
  smtpUrl: string | undefined;
  emailFrom: string | undefined;
  operatorEmails: readonly string[];
}

/** The vendor's identity provider, and how its tokens say who somebody is. */
export interface IdentitySettings {
  issuer: string;
  audience: readonly string[];
  /** Undefined: the issuer says where its keys are. */
  jwksUrl: string | undefined;
  algorithms: readonly string[];
  clockSkewSeconds: number;
  roleClaim: string;
  /** A claim with the partner's externalId. */
  partnerClaim: string;
  /** What the role claim says for each role. */
  roleNames: Readonly<Record<'OPERATOR' | 'PARTNER' | 'SOURCE', string>>;
}

/** Every setting of the service, checked. The README's table says what each is for. */
export interface Config {
  port: number;
  host: string;
  /** Undefined: the API serves /metrics on `port`, a process without the API nowhere. */
  metricsPort: number | undefined;
  /** Undefined: the embedded server. */
  databaseUrl: string | undefined;
  dataDir: string;
  /** Undefined: Agenda's jobs are kept in PostgreSQL. */
  mongodbUrl: string | undefined;
  roles: readonly Role[];
  /** Base64, newest first; empty only while the embedded database's own key is not read yet. */
  encryptionKeys: readonly string[];
  operatorToken: string | undefined;
  /** Undefined: API tokens only. */
  identity: IdentitySettings | undefined;
  solutionName: string;
  /** The vendor's client id by plugin id. */
  psaClientIds: Readonly<Record<string, string | undefined>>;
  psaAllowedHosts: readonly string[];
  /** Where hosts that are not on that list may be connected to. */
  psaPorts: readonly number[];
  /** For each integration, whichever processes ask; 0: no limit. */
  psaRequestsPerMinute: number;
  /** The most requests at once to one integration's PSA. */
  psaConcurrency: number;
  /** How long a PSA may take for the head of an answer, and for each next piece of its body. */
  psaTimeoutMs: number;
  /** npm packages that hold further PSA plugins. */
  psaPlugins: readonly string[];
  /** For each caller and process; 0: no limit. */
  apiRequestsPerMinute: number;
  /** Live subscriptions at once, for each caller and process. */
  apiSubscriptionsPerCaller: number;
  /** How long a client may take to send a request. */
  apiRequestTimeoutMs: number;
  /** Whose word is taken for where a request comes from. */
  trustProxy: readonly string[];
  /** Whether the schema can be asked for. */
  introspection: boolean;
  playground: boolean;
  /** By usage type; the types that are not named use "last". */
  usageRules: Readonly<Record<string, UsageRuleName>>;
  /** "06:00", in each partner's zone: when the invoice day's usage run starts. */
  usageRunTime: string;
  /** How long a worker that gives no sign of life keeps an integration. */
  leaseMs: number;
  /** How long job results, tickets and measurements are kept; 0: for ever. */
  retentionDays: number;
  /** Whether there is a collector for traces; where and how is left to OpenTelemetry's own variables. */
  sendTraces: boolean;
  notices: NoticeSettings;
  logLevel: string;
}

/** A setting is missing or wrong; the message names each one and what it should be. */
export class ConfigError extends Error {}

/**
 * Reads the settings from environment variables. Throws ConfigError that names every wrong one; with
 * DATABASE_URL set, ENCRYPTION_KEYS has to be set too, because a key that a process made for itself would
 * be lost with it, or differ from the next process's.
 */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const parsed = settings.safeParse(present);
  const problems = parsed.success
    ? []
    : parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`);
  if (parsed.success && parsed.data.DATABASE_URL && parsed.data.ENCRYPTION_KEYS.length === 0) {
    problems.push(
      'ENCRYPTION_KEYS: must be set when DATABASE_URL is; make one with "openssl rand -base64 32" and give every process the same',
    );
  }
  if (parsed.success) problems.push(...noticeProblems(parsed.data), ...identityProblems(parsed.data));
  if (!parsed.success || problems.length > 0) {
    throw new ConfigError(`Wrong settings:\n${problems.map(problem => `  ${problem}`).join('\n')}`);
  }
  const values = parsed.data;
  return {
    port: values.PORT,
    host: values.HOST,
    metricsPort: values.METRICS_PORT,
    databaseUrl: values.DATABASE_URL,
    dataDir: values.DATA_DIR,
    mongodbUrl: values.MONGODB_URL,
    roles: values.ROLES,
    encryptionKeys: values.ENCRYPTION_KEYS,
    operatorToken: values.OPERATOR_TOKEN,
    identity: identitySettings(values),
    solutionName: values.SOLUTION_NAME,
    psaClientIds: { connectwise: values.CONNECTWISE_CLIENT_ID },
    psaAllowedHosts: values.PSA_ALLOWED_HOSTS,
    psaPorts: values.PSA_PORTS,
    psaPlugins: values.PSA_PLUGINS,
    psaRequestsPerMinute: values.PSA_REQUESTS_PER_MINUTE,
    psaConcurrency: values.PSA_CONCURRENCY,
    psaTimeoutMs: values.PSA_TIMEOUT_SECONDS * 1_000,
    apiRequestsPerMinute: values.API_REQUESTS_PER_MINUTE,
    apiSubscriptionsPerCaller: values.API_SUBSCRIPTIONS_PER_CALLER,
    apiRequestTimeoutMs: values.API_REQUEST_TIMEOUT_SECONDS * 1_000,
    trustProxy: values.TRUST_PROXY,
    introspection: values.INTROSPECTION,
    playground: values.PLAYGROUND,
    usageRules: values.USAGE_RULES,
    usageRunTime: values.USAGE_RUN_TIME,
    leaseMs: values.LEASE_SECONDS * 1_000,
    retentionDays: values.RETENTION_DAYS,
    sendTraces:
      (values.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT ?? values.OTEL_EXPORTER_OTLP_ENDPOINT) !== undefined,
    notices: {
      webhookUrls: values.WEBHOOK_URLS,
      webhookSecrets: values.WEBHOOK_SECRET,
      webhookAllowedHosts: values.WEBHOOK_ALLOWED_HOSTS,
      smtpUrl: values.SMTP_URL,
      emailFrom: values.EMAIL_FROM,
      operatorEmails: values.OPERATOR_EMAILS,
    },
    logLevel: values.LOG_LEVEL,
  };
}

function identitySettings(values: z.infer<typeof settings>): IdentitySettings | undefined {
  if (!values.JWT_ISSUER) return undefined;
  return {
    issuer: values.JWT_ISSUER,
    audience: values.JWT_AUDIENCE,
    jwksUrl: values.JWT_JWKS_URL,
    algorithms: values.JWT_ALGORITHMS,
    clockSkewSeconds: values.JWT_CLOCK_SKEW_SECONDS,
    roleClaim: values.JWT_ROLE_CLAIM,
    partnerClaim: values.JWT_PARTNER_CLAIM,
    roleNames: {
      OPERATOR: values.JWT_ROLE_OPERATOR,
      PARTNER: values.JWT_ROLE_PARTNER,
      SOURCE: values.JWT_ROLE_SOURCE,
    },
  };
}

function identityProblems(values: z.infer<typeof settings>): string[] {
  const names = [values.JWT_ROLE_OPERATOR, values.JWT_ROLE_PARTNER, values.JWT_ROLE_SOURCE];
  return [
    ...(values.JWT_ISSUER && values.JWT_AUDIENCE.length === 0
      ? ['JWT_AUDIENCE: must be set when JWT_ISSUER is, or tokens for other services would let people in']
      : []),
    ...((values.JWT_AUDIENCE.length > 0 || values.JWT_JWKS_URL) && !values.JWT_ISSUER
      ? ['JWT_ISSUER: must be set when JWT_AUDIENCE or JWT_JWKS_URL is']
      : []),
    ...(new Set(names).size < names.length ? ['JWT_ROLE_…: two roles have the same name'] : []),
  ];
}

/** What only shows where several settings are looked at together. */
function noticeProblems(values: z.infer<typeof settings>): string[] {
  const urls = values.WEBHOOK_URLS.map(url => new URL(url));
  const excepted = allowedHosts(values.WEBHOOK_ALLOWED_HOSTS, urls.map(portOf));
  const plain = urls.filter(url => url.protocol !== 'https:' && !excepted.allows(url));
  return [
    ...plain.map(({ host }) => `WEBHOOK_URLS: ${host} must be reached by https`),
    ...(values.WEBHOOK_URLS.length > 0 && values.WEBHOOK_SECRET.length === 0
      ? [
          'WEBHOOK_SECRET: must be set when WEBHOOK_URLS is; make one with "echo whsec_$(openssl rand -base64 32)"',
        ]
      : []),
    ...(values.SMTP_URL && !values.EMAIL_FROM ? ['EMAIL_FROM: must be set when SMTP_URL is'] : []),
    ...(values.OPERATOR_EMAILS.length > 0 && !values.SMTP_URL
      ? ['SMTP_URL: must be set when OPERATOR_EMAILS is']
      : []),
  ];
}
