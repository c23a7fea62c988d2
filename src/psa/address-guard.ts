import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr, { type IPv6 } from 'ipaddr.js';

/** A name, address or port that we do not connect to; the message is a sentence for the partner who typed it. */
export class ForbiddenAddress extends Error {}

/** Azure's host answers its virtual machines here, although the address is one of the public ranges. */
const azureHost = '168.63.129.16';

/**
 * Whether an address is one of the public internet; private, loopback, link-local and all special ones are not,
 * nor are IPv6 addresses that stand for an IPv4 address.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  if (parsed.range() !== 'unicast') return false;
  return parsed.kind() === 'ipv6' ? isGlobalIPv6(parsed as IPv6) : parsed.toString() !== azureHost;
}

/** 2000::/3 is all that was ever given out; in it, ISATAP's interface ids hold an IPv4 address. */
function isGlobalIPv6({ parts }: IPv6): boolean {
  const isatap = (parts[4]! & 0xfdff) === 0 && parts[5] === 0x5efe;
  return parts[0]! >> 13 === 1 && !isatap;
}

/**
 * Resolves a name to its public addresses only. Used by the connection itself, so that the address that was
 * checked is the address that is used, whatever the name resolves to a moment later. A name that leads to
 * private addresses fails as one that does not exist, so that nobody can ask for the names of a network.
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
 * Throws ForbiddenAddress for an address written into a URL that is not public. Node never looks such a one
 * up, so `publicLookup` would not see it. The URL parser has turned decimal and octal forms into plain ones.
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
