import { readFileSync } from 'node:fs';
import { createLocalJWKSet, type JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAuthenticator } from '../authentication.ts';
import { audience, createIssuer, issuer, log, mentorProfile, user, type Issuer } from './test-issuer.ts';
import { createVerifier, type Verify } from './verify.ts';

const now = Math.floor(Date.now() / 1_000);
let keys: Issuer;
let verify: Verify;

beforeAll(async () => {
  keys = await createIssuer();
  const published = JSON.parse(readFileSync(keys.file, 'utf8')) as JSONWebKeySet;
  verify = createVerifier({ issuer, audience, keys: createLocalJWKSet(published), clock: () => now * 1_000 });
});
afterAll(() => keys.close());

const day = 24 * 60 * 60;

test('a token says who its bearer is, and until when', async () => {
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

test.each(['dpop+jwt', 'japplication/wt', 42])('typ %p is refused', async (typ) => {
  await expect(verify(await keys.token({ iat: now, exp: now + 300 }, { typ }))).rejects.toMatchObject({
    code: 'CLAIM_TYP',
  });
});

test('without a token there is no cause to tell; with a bad one the cause is kept', async () => {
  const { authenticate } = createAuthenticator({ issuer, audience, jwksFile: keys.file, log });
  const causeOf = (header: string | undefined) => authenticate(header).catch(({ cause }: Error) => cause);
  expect(await causeOf(undefined)).toBeUndefined();
  expect(await causeOf('Basic x')).toBeUndefined();
  expect(await causeOf('Bearer abc')).toMatchObject({ code: 'ERR_JWS_INVALID' });
});

test('an api without any keys to verify by does not start', () => {
  expect(() => createAuthenticator({ issuer, audience, log })).toThrow('a JWKS URL or a JWKS file is needed');
});
