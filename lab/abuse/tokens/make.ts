import { verdict, type Size, type Verdict } from '../part.ts';
import { constants, createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { send } from '@mentor-sessions/lab/send';
import { serve } from '@mentor-sessions/lab/local-server';
import { menteeId, profileId } from '@mentor-sessions/lab/people';

export type Door = { readonly service: 'bookings' | 'sessions'; readonly url: string };
export type TokenWorld = { readonly doors: readonly Door[]; readonly issuer: Issuer; readonly size: Size };

/** Written by hand: a library would refuse to create such tokens. */
type KeyPair = {
  readonly kid: string;
  readonly alg: string;
  readonly private: KeyObject;
  readonly public: KeyObject;
};

const generate: Readonly<Record<string, () => { privateKey: KeyObject; publicKey: KeyObject }>> = {
  EdDSA: () => generateKeyPairSync('ed25519'),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
};

export const newKey = (alg: string, kid = `${alg}-${crypto.randomUUID()}`): KeyPair => {
  const { privateKey, publicKey } = generate[alg]?.() ?? {};
  if (!privateKey || !publicKey) throw new Error(`no key for ${alg}`);
  return { kid, alg, private: privateKey, public: publicKey };
};

export const jwkOf = ({ kid, alg, public: key }: KeyPair): Record<string, unknown> => ({
  ...key.export({ format: 'jwk' }),
  kid,
  alg,
  use: 'sig',
});

export const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

const signers: Readonly<Record<string, (data: Buffer, key: KeyObject) => Buffer>> = {
  EdDSA: (data, key) => sign(null, data, key),
  ES256: (data, key) => sign('sha256', data, { key, dsaEncoding: 'ieee-p1363' }),
  'ES256 in DER': (data, key) => sign('sha256', data, key),
  RS256: (data, key) => sign('sha256', data, key),
  RS384: (data, key) => sign('sha384', data, key),
  RS512: (data, key) => sign('sha512', data, key),
  PS256: (data, key) => sign('sha256', data, { key, ...pss }),
};

export const signedBy =
  (key: KeyPair, how = key.alg) =>
  (data: string) => {
    const signer = signers[how];
    if (!signer) throw new Error(`no signer ${how}`);
    return signer(Buffer.from(data), key.private).toString('base64url');
  };

export const hmacWith =
  (secret: string | Buffer, hash = 'sha256') =>
  (data: string) =>
    createHmac(hash, secret).update(data).digest('base64url');

export const jwt = (header: unknown, payload: unknown, signature: (data: string) => string): string => {
  const data = `${part(header)}.${part(payload)}`;
  return `${data}.${signature(data)}`;
};

export const statusOf = async ({ service, url }: Door, token: string): Promise<number> =>
  (await send(url, `/${service}`, { headers: ['authorization', `Bearer ${token}`] })).status;

/** Tokens that must be accepted; otherwise the refusals would prove nothing. */
export const goodOnes = async ({ doors, issuer }: TokenWorld): Promise<Verdict> => {
  const { token, keys } = issuer;
  const { aud } = issuer.good();
  const good: Record<string, string> = {
    EdDSA: token(),
    ES256: token({}, {}, keys.ES256),
    RS256: token({}, {}, keys.RS256),
    'typ at+jwt': token({}, { typ: 'at+jwt' }),
    'no typ': token({}, { typ: undefined }),
    'several audiences': token({ aud: ['billing', aud] }),
    'an unknown role beside others': token({ roles: ['mentee', 'wizard'] }),
    'no roles': token({ roles: undefined }),
    'further claims': token({ scope: 'x', email: 'a@example.com', __proto__: 1, admin: true }),
    'a life of a day': token({ exp: Number(issuer.good()['iat']) + 86_400 }),
    'almost 8 KB': token({ padding: 'x'.repeat(5_500) }),
  };
  const faults: string[] = [];
  for (const { service, url } of doors)
    for (const [name, value] of Object.entries(good)) {
      const status = await statusOf({ service, url }, value);
      if (status !== 200) faults.push(`${name} at ${service}: ${status}`);
    }
  return verdict('good tokens pass', `${Object.keys(good).length} × ${doors.length} accepted`, faults);
};

export type Header = Readonly<Record<string, unknown>>;
export type Claims = Readonly<Record<string, unknown>>;

/** Publishes keys for each service, counts requests, and signs; `undefined` headers and claims are omitted. */
export const openIssuer = async ({ issuer, audience }: { issuer: string; audience: string }) => {
  const keys = { EdDSA: newKey('EdDSA'), ES256: newKey('ES256'), RS256: newKey('RS256') };
  let published: KeyPair[] = Object.values(keys);
  const fetches: Record<string, number[]> = {};
  const { url, close } = await serve((request, response) => {
    (fetches[request.url ?? ''] ??= []).push(performance.now());
    response.end(JSON.stringify({ keys: published.map(jwkOf) }));
  });
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
    /** Times of this service's requests for the keys. */
    fetches: (service: string): readonly number[] => fetches[`/${service}`] ?? [],
    publish: (...these: KeyPair[]) => void (published = these),
    token: (claims: Claims = {}, header: Header = {}, key: KeyPair = keys.EdDSA) =>
      jwt({ ...headerOf(key), ...header }, { ...good(), ...claims }, signedBy(key)),
    close,
  };
};

export type Issuer = Awaited<ReturnType<typeof openIssuer>>;
