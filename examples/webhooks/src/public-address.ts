import { lookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** The one who gave the URL wants us to reach something that is not his: our own network, this machine, a cloud's metadata. */
class NotPublic extends Error {}

/** Reachable for everyone: none of the special ranges of https://www.iana.org/assignments/iana-ipv4-special-registry or its IPv6 twin. */
export const isPublic = (address: string): boolean => ipaddr.process(address).range() === 'unicast';

/** `lookup` for a socket: the address that is judged is the one that is dialled, so no second answer of the DNS can differ. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const [first] = addresses ?? [];
    if (error || !first) return callback(error ?? new NotPublic(`${hostname} has no address`), '');
    const inside = addresses.find(({ address }) => !isPublic(address));
    if (inside) return callback(new NotPublic(`${hostname} is ${inside.address}, no public address`), '');
    return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
  });
};

/** For the URL itself, whose host may be an address: a socket looks none of those up. */
export const assertPublic = ({ protocol, hostname }: URL): void => {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol !== 'https:') throw new NotPublic(`${protocol} is not https:`);
  if (ipaddr.isValid(host) && !isPublic(host)) throw new NotPublic(`${host} is no public address`);
};
