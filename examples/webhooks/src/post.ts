import { lookup, type LookupAddress } from 'node:dns';
import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

const TIMEOUT_MS = 15_000;

export type Answer = { readonly status: number; readonly retryAfter: string | undefined };

export type PostOptions = {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** `host:port` of receivers on this machine, for development: plain HTTP and any address. */
  readonly trusted: readonly string[];
};

/** The URL points into our own network, at this machine, or at a cloud's metadata. */
class NotPublic extends Error {}

/** In none of the special ranges of https://www.iana.org/assignments/iana-ipv4-special-registry or its IPv6 counterpart. */
export const isPublic = (address: string): boolean => ipaddr.process(address).range() === 'unicast';

/** `lookup` for a socket: checks the very address that is dialled, so a second DNS answer cannot differ. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const [first] = addresses ?? [];
    if (error || !first) return callback(error ?? new NotPublic(`${hostname} has no address`), '');
    const inside = addresses.find(({ address }) => !isPublic(address));
    if (inside) return callback(new NotPublic(`${hostname} is ${inside.address}, not a public address`), '');
    return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
  });
};

/** For the URL itself, whose host may be an address: a socket does not look it up. */
const assertPublic = ({ protocol, hostname }: URL): void => {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (protocol !== 'https:') throw new NotPublic(`${protocol} is not https:`);
  if (ipaddr.isValid(host) && !isPublic(host)) throw new NotPublic(`${host} is not a public address`);
};

/** Follows no redirect and reads no body: only the status counts. Throws after 15 s without a response, and for an address that is not public. */
export const post = async (to: string, { headers, body, trusted }: PostOptions): Promise<Answer> => {
  const url = new URL(to);
  const isTrusted = trusted.includes(url.host);
  if (!isTrusted) assertPublic(url);
  const send = url.protocol === 'http:' ? plain : secure;
  const options = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } };
  const guard = isTrusted ? {} : { lookup: publicLookup };
  return new Promise((resolve, reject) => {
    const request = send(url, { ...options, ...guard, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] });
      response.destroy();
    });
    request.on('error', reject).end(body);
  });
};
