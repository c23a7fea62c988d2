import { isIP } from 'node:net';
import { z } from 'zod';
import { allowedHosts } from '../psa/allowed-hosts.js';

export const text = z.string();

/** A comma-separated list, each entry read by `entry`. */
export function listOf<Entry extends z.ZodType<unknown, string>>(entry: Entry) {
  return z
    .string()
    .transform(list =>
      list
        .split(',')
        .map(item => item.trim())
        .filter(item => item !== ''),
    )
    .pipe(z.array(entry));
}

export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER) {
  const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  const error = `must be a whole number ${range}`;
  return z.coerce.number<string>(error).int(error).min(min, error).max(max, error);
}

/** Written in seconds, read as milliseconds. */
export function seconds(min: number, max: number) {
  const error = `must be a number of seconds from ${min} to ${max}`;
  return z.coerce
    .number<string>(error)
    .min(min, error)
    .max(max, error)
    .transform(value => value * 1_000);
}

/** 0 takes any free port. */
export const port = wholeNumber(0, 65_535);

export const onOrOff = z.enum(['on', 'off'], 'must be "on" or "off"').transform(value => value === 'on');

/** Exceptions from the check of outgoing requests. */
export const hostList = listOf(z.string()).superRefine((hosts, context) => {
  try {
    allowedHosts(hosts, []);
  } catch (error) {
    context.addIssue({ code: 'custom', message: (error as Error).message });
  }
});

/** A name or an address without brackets; whether it exists shows when the service listens. */
export const hostname = z
  .string()
  .refine(host => isIP(host) !== 0 || /^[\p{L}\p{N}._-]+$/u.test(host), 'must be a host name or an address');

/** What MikroORM and pg can read: both need a database, and a user and a password that decode. */
export const postgresUrl = z
  .string()
  .refine(
    url =>
      /^postgres(?:ql)?:\/\//.test(url) &&
      URL.canParse(url) &&
      [new URL(url)].every(
        ({ username, password, pathname }) =>
          decodes(username + password) && decodes(pathname) && pathname.length > 1,
      ),
    'must be postgres://user:password@host:port/database',
  );

/** One host or several, each a name, a socket or an address in brackets, with or without a port. */
export const mongodbUrl = z.string().refine(url => {
  const [, hosts = ''] = /^mongodb(?:\+srv)?:\/\/(?:[^@/]*@)?([^/?@]+)(?:[/?].*)?$/.exec(url) ?? [];
  return hosts.split(',').every(host => /^(?:\[[\da-f:.]+\]|[^:[\]]+)(?::\d{1,5})?$/i.test(host));
}, 'must be mongodb://user:password@host:port/database');

function decodes(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
