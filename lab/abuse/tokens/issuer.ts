import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { menteeId, profileId } from '@mentor-sessions/lab/people';
import { jwkOf, jwt, newKey, signedBy } from './make.ts';
import type { KeyPair } from './make.ts';

export type Header = Readonly<Record<string, unknown>>;
export type Claims = Readonly<Record<string, unknown>>;

/** Publishes keys per service, counts who asks, and signs; what is `undefined` in header or claims is left out. */
export const openIssuer = async ({ issuer, audience }: { issuer: string; audience: string }) => {
  const keys = { EdDSA: newKey('EdDSA'), ES256: newKey('ES256'), RS256: newKey('RS256') };
  let published: KeyPair[] = Object.values(keys);
  const fetches: Record<string, number[]> = {};
  const server = createServer((request, response) => {
    (fetches[request.url ?? ''] ??= []).push(performance.now());
    response.end(JSON.stringify({ keys: published.map(jwkOf) }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const good = (): Claims => {
    const now = Math.floor(Date.now() / 1_000);
    const who = { sub: menteeId, roles: ['mentee', 'mentor'], mentor_profile_id: profileId };
    return { iss: issuer, aud: audience, iat: now, exp: now + 600, jti: crypto.randomUUID(), ...who };
  };
  const headerOf = (key: KeyPair): Header => ({ alg: key.alg, kid: key.kid, typ: 'JWT' });
  return {
    keys,
    good,
    headerOf,
    url: (service: string) => `${url}/${service}`,
    /** Moments at which this service has asked for the keys. */
    fetches: (service: string): readonly number[] => fetches[`/${service}`] ?? [],
    publish: (...these: KeyPair[]) => void (published = these),
    token: (claims: Claims = {}, header: Header = {}, key: KeyPair = keys.EdDSA) =>
      jwt({ ...headerOf(key), ...header }, { ...good(), ...claims }, signedBy(key)),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

export type Issuer = Awaited<ReturnType<typeof openIssuer>>;
