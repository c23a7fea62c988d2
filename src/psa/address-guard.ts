import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr, { type IPv6 } from 'ipaddr.js';

/** A name, address or port that the service does not connect to. The message is for the partner who typed it. */
export class ForbiddenAddress extends Error {}

/** Azure's host answers its virtual machines at this address, which lies in a public range. */
const azureHost = '168.63.129.16';

/**
 * Whether an address belongs to the public internet. Private, loopback, link-local and other special addresses do not,
 * nor do IPv6 addresses that stand for an IPv4 address.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv6' ? isGlobalIPv6(parsed as IPv6) : parsed.toString() !== azureHost;
}

/** Only 2000::/3 has ever been allocated. Within it, an ISATAP interface id contains an IPv4 address. */
function isGlobalIPv6({ parts }: IPv6): boolean {
  const isatap = (parts[4]! & 0xfdff) === 0 && parts[5] === 0x5efe;
  return parts[0]! >> 13 === 1 && !isatap;
}

/**
 * Resolves a name to its public addresses only. The connection itself uses it, so the address that was checked is the
 * address that is used, even if the name resolves differently a moment later. A name with private addresses only fails
 * like a name that does not exist, so that a caller cannot find out the names of a private network.
 */
export function publicLookup(resolve: typeof systemLookup = systemLookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      const addresses = error ? [] : found.filter(entry => isPublicAddress(entry.address));
      const [first] = addresses;
      if (!first) return callback(notOnTheInternet(hostname), '', 4);
      if (options.all) return (callback as (error: null, addresses: typeof found) => void)(null, addresses);
      callback(null, first.address, first.family);
    });
  };
}

/**
 * Throws ForbiddenAddress if the host of a URL is an address, and not a public one. Node does not look up addresses, so
 * `publicLookup` would not see it. The URL parser has already normalized decimal and octal forms.
 */
export function forbidPrivateLiteral(hostname: string): void {
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) && !isPublicAddress(literal)) throw notOnTheInternet(hostname);
}

function notOnTheInternet(hostname: string): ForbiddenAddress {
  return new ForbiddenAddress(
    `${hostname} cannot be found on the internet, and this service connects to nothing else.`,
  );
}
