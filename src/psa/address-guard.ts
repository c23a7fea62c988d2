import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** A name or address that we do not connect to. */
export class ForbiddenAddress extends Error {}

/** Whether an address is one of the public internet; private, loopback, link-local and all special ones are not. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  return ipaddr.process(address).range() === 'unicast';
}

/**
 * Resolves a name to its public addresses only. Used by the connection itself, so that the address that was
 * checked is the address that is used, whatever the name resolves to a moment later.
 */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  systemLookup(hostname, { ...options, all: true }, (error, found) => {
    if (error) return callback(error, '', 4);
    const addresses = found.filter(entry => isPublicAddress(entry.address));
    const [first] = addresses;
    if (!first) return callback(new ForbiddenAddress(`${hostname} is no public host`), '', 4);
    if (options.all) return (callback as (error: null, addresses: typeof found) => void)(null, addresses);
    callback(null, first.address, first.family);
  });
};

/**
 * Throws ForbiddenAddress for an address written into a URL that is not public. Node never looks such a one
 * up, so `lookupPublic` would not see it. The URL parser has turned decimal and octal forms into plain ones.
 */
export function forbidPrivateLiteral(hostname: string): void {
  const literal = hostname.replace(/^\[|\]$/g, '');
  if (isIP(literal) && !isPublicAddress(literal)) throw new ForbiddenAddress(`${hostname} is no public host`);
}
