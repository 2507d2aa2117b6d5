import { readFileSync } from 'node:fs';
import { createLocalJWKSet, exportJWK, generateKeyPair, SignJWT, type JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAuthenticator } from '../authentication.ts';
import {
  audience,
  createIssuer,
  issuer,
  log,
  mentorProfile,
  settings,
  user,
  type Issuer,
} from '../../test/test-issuer.ts';
import { createVerifier, type UseKeys, type Verify } from './verify.ts';

const now = Math.floor(Date.now() / 1_000);
const clock = () => now * 1_000;
let keys: Issuer;
let verify: Verify;
let useKeys: UseKeys;

beforeAll(async () => {
  keys = await createIssuer();
  const published = JSON.parse(readFileSync(keys.file, 'utf8')) as JSONWebKeySet;
  useKeys = (attempt) => attempt(createLocalJWKSet(published));
  verify = createVerifier(settings(), { useKeys, clock });
});
afterAll(() => keys.close());

const day = 24 * 60 * 60;

test('a token identifies its bearer and has an expiry', async () => {
  const token = await keys.token({ iat: now, exp: now + 300, mentor_profile_id: null, roles: [] });
  const actor = { userId: user, roles: [], mentorProfileId: null };
  expect(await verify(token)).toEqual({ actor, expiresAt: (now + 300) * 1_000 });
});

test.each([
  ['a life of a day', { iat: now, exp: now + day }],
  ['an iat of 5 s ahead', { iat: now + 5, exp: now + 300 }],
])('%s is accepted', async (_what, claims) => {
  expect(await verify(await keys.token(claims))).toMatchObject({ actor: { userId: user } });
});

test.each<[string, string, object]>([
  ['sub', 'that is no UUID', { sub: '42' }],
  ['iat', 'too far ahead', { iat: now + 6, exp: now + 300 }],
  ['exp', 'more than a day after iat', { iat: now, exp: now + day + 1 }],
  ['roles', 'that are a string', { roles: 'mentor' }],
  ['roles', 'of which one is a number', { roles: ['mentor', 1] }],
  ['mentor_profile_id', 'that is no UUID', { mentor_profile_id: 'me' }],
  ['mentor_profile_id', 'that is a list of one', { mentor_profile_id: [mentorProfile] }],
])('%s %s is refused, and named to the log', async (claim, _what, claims) => {
  const named = { code: `CLAIM_${claim.toUpperCase()}`, message: `the claim or header "${claim}" is not acceptable` };
  await expect(verify(await keys.token({ iat: now, exp: now + 300, ...claims }))).rejects.toMatchObject(named);
});

test.each([0, 30, 120])('a leeway of %i s holds for iat, nbf and exp, to the second', async (leewaySeconds) => {
  const lenient = createVerifier(settings({ AUTH_LEEWAY_SECONDS: String(leewaySeconds) }), { useKeys, clock });
  const within = { iat: now + leewaySeconds, nbf: now + leewaySeconds, exp: now + 300 };
  await expect(lenient(await keys.token(within))).resolves.toBeDefined();
  for (const claims of [
    { ...within, iat: now + leewaySeconds + 1 },
    { ...within, nbf: now + leewaySeconds + 1 },
    { iat: now - 300, exp: now - leewaySeconds },
  ])
    await expect(lenient(await keys.token(claims))).rejects.toBeDefined();
  if (leewaySeconds > 0)
    await expect(lenient(await keys.token({ iat: now - 300, exp: now - leewaySeconds + 1 }))).resolves.toBeDefined();
});

test.each(['PS256', 'PS384', 'RS512', 'ES384', 'ES512', 'Ed25519'])(
  '%s is accepted when it is configured, and only then',
  async (alg) => {
    const { publicKey, privateKey } = await generateKeyPair(alg);
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'one' }] };
    const token = await new SignJWT({ roles: [] })
      .setProtectedHeader({ alg, kid: 'one' })
      .setIssuer(issuer)
      .setAudience(audience)
      .setSubject(user)
      .setIssuedAt(now)
      .setExpirationTime(now + 300)
      .sign(privateKey);
    const useOne: UseKeys = (attempt) => attempt(createLocalJWKSet(jwks));
    const accepting = (algorithms: readonly string[]) =>
      createVerifier(settings({ AUTH_ALGORITHMS: algorithms.join(',') }), { useKeys: useOne, clock })(token);
    await expect(accepting(['RS256', alg])).resolves.toMatchObject({ actor: { userId: user } });
    await expect(accepting(['RS256', 'EdDSA'])).rejects.toMatchObject({ code: 'ERR_JOSE_ALG_NOT_ALLOWED' });
  },
);

const profile = mentorProfile;
test.each([
  ['https://example.com/roles', { 'https://example.com/roles': ['mentor'] }],
  ['realm_access.roles', { realm_access: { roles: ['mentor'] } }],
  ['resource_access.my.client.roles', { resource_access: { 'my.client': { roles: ['mentor'] } } }],
  ['https://example.com/app.roles', { 'https://example.com/app': { roles: ['mentor'] } }],
  ['a.b', { 'a.b': ['mentor'], a: { b: ['mentee'] } }],
])('roles come from the claim %s', async (name, given) => {
  const claims = {
    AUTH_SUBJECT_CLAIM: 'https://example.com/user',
    AUTH_ROLES_CLAIM: name,
    AUTH_MENTOR_PROFILE_CLAIM: 'app.profile',
  };
  const verifying = createVerifier(settings(claims), { useKeys, clock });
  const token = await keys.token({
    iat: now,
    exp: now + 300,
    sub: 'auth0|123',
    roles: ['admin'],
    'https://example.com/user': user,
    app: { profile },
    ...given,
  });
  expect((await verifying(token)).actor).toEqual({ userId: user, roles: ['mentor'], mentorProfileId: profile });
});

test.each([
  ['none of the object’s own', 'constructor.name', {}],
  ['a path through a list', 'roles.0', { roles: ['mentor'] }],
  ['a path that ends too early', 'realm_access.roles', { realm_access: 'mentor' }],
])('a claim of roles that is not there means no roles: %s', async (_what, name, given) => {
  const claims = { AUTH_ROLES_CLAIM: name, AUTH_MENTOR_PROFILE_CLAIM: 'none' };
  const verifying = createVerifier(settings(claims), { useKeys, clock });
  const seen = verifying(await keys.token({ iat: now, exp: now + 300, ...given }));
  if (name === 'roles.0') await expect(seen).rejects.toMatchObject({ code: 'CLAIM_ROLES.0' });
  else expect((await seen).actor.roles).toEqual([]);
});

test.each(['dpop+jwt', 'japplication/wt', 42])('typ %p is refused', async (typ) => {
  await expect(verify(await keys.token({ iat: now, exp: now + 300 }, { typ }))).rejects.toMatchObject({
    code: 'CLAIM_TYP',
  });
});

test('without a token there is no cause to tell; with a bad one the cause is kept', async () => {
  const { authenticate } = createAuthenticator(settings({ AUTH_JWKS_FILE: keys.file }), { log });
  const causeOf = (header: string | undefined) => authenticate(header).catch(({ cause }: Error) => cause);
  expect(await causeOf(undefined)).toBeUndefined();
  expect(await causeOf('Basic x')).toBeUndefined();
  expect(await causeOf('Bearer abc')).toMatchObject({ code: 'ERR_JWS_INVALID' });
});

test('an api without any keys to verify by does not start', () => {
  expect(() => createAuthenticator(settings(), { log })).toThrow('a JWKS URL or a JWKS file is needed');
});
