import { type Config, ConfigError } from './config.js';

/** The errors of node:net and node:dns, and those of pg, whose code is PostgreSQL's SQLSTATE. */
type Failure = Error & { code?: string; syscall?: string; port?: number };

/**
 * Runs a step of the start. Where it fails because of the value of a setting (a database that does not answer, a port
 * that is taken), throws a ConfigError that begins with the setting's name. Any other error is passed on.
 */
export async function namingSetting<Result>(config: Config, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    const name = error instanceof Error ? settingBehind(error, config) : undefined;
    if (name === undefined) throw error;
    const { message, code } = error as Failure;
    throw new ConfigError(`${name}: ${message || code}`, { cause: error });
  }
}

/** The name of the setting whose value explains why the start failed. */
function settingBehind(
  { name, code = '', syscall, port, message }: Failure,
  config: Config,
): string | undefined {
  if (name.startsWith('Mongo')) return 'MONGODB_URL';
  if (syscall === 'listen' && code !== 'EADDRNOTAVAIL')
    return port === config.http.metricsPort ? 'METRICS_PORT' : 'PORT';
  if (
    code === 'EADDRNOTAVAIL' ||
    (/^(?:ENOTFOUND|EAI_AGAIN)$/.test(code) && message.endsWith(` ${config.http.host}`))
  )
    return 'HOST';
  if (config.psa.plugins.some(plugin => code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${plugin}'`)))
    return 'PSA_PLUGINS';
  if (config.database.url && (unreachable.includes(code) || refusedLogin.test(code))) return 'DATABASE_URL';
  return undefined;
}

/** At the start the database is the only server that is connected to. */
const unreachable = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
];

/** SQLSTATE 08: connection, 28: authorization, 3D: there is no such database. */
const refusedLogin = /^(?:08|28|3D)[0-9A-Z]{3}$/;
