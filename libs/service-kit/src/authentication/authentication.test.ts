import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createAuthenticator, type Authenticate } from '../authentication.ts';
import { createIssuer, log, mentorProfile, settings, user, type Issuer } from '../../test/test-issuer.ts';

let keys: Issuer;
let authenticate: Authenticate;

beforeAll(async () => {
  keys = await createIssuer();
  ({ authenticate } = createAuthenticator(settings({ AUTH_JWKS_FILE: keys.file }), { log }));
});
afterAll(() => keys.close());

const refused = { status: 401, code: 'unauthenticated', message: 'A valid bearer token is required.' };
const invalid = 'Bearer error="invalid_token"';
const now = Math.floor(Date.now() / 1_000);

describe('a token', () => {
  test('identifies its bearer', async () => {
    const token = await keys.token({ roles: ['mentor', 'wizard'], mentor_profile_id: mentorProfile.toUpperCase() });
    const actor = { userId: user, roles: ['mentor', 'wizard'], mentorProfileId: mentorProfile };
    await expect(authenticate(`Bearer ${token}`)).resolves.toEqual({ actor, expiresAt: expect.any(Number) });
    await expect(authenticate(`bearer ${token}`)).resolves.toEqual({ actor, expiresAt: expect.any(Number) });
  });

  test('needs neither roles nor a mentor profile', async () => {
    const token = await keys.token({ roles: undefined });
    const actor = { userId: user, roles: [], mentorProfileId: null };
    await expect(authenticate(`Bearer ${token}`)).resolves.toEqual({ actor, expiresAt: expect.any(Number) });
  });

  test.each([
    ['another issuer', { iss: 'https://elsewhere.test' }],
    ['another audience', { aud: 'others' }],
    ['no subject', { sub: undefined }],
    ['a subject that is no UUID', { sub: '42' }],
    ['a numeric subject', { sub: 42 }],
    ['no iat', { iat: undefined }],
    ['no exp', { exp: undefined }],
    ['an iat in the future', { iat: now + 60, exp: now + 120 }],
    ['an exp in the past', { iat: now - 60, exp: now - 6 }],
    ['a life of more than a day', { iat: now, exp: now + 86_401 }],
    ['an nbf in the future', { nbf: now + 60 }],
    ['roles that are a string', { roles: 'mentor' }],
    ['roles that are numbers', { roles: [1] }],
    ['a mentor profile that is no UUID', { mentor_profile_id: 'me' }],
  ])('with %s is refused', async (_what, claims) => {
    await expect(authenticate(`Bearer ${await keys.token(claims)}`)).rejects.toMatchObject(refused);
  });

  test.each([
    ['typ at+jwt', { typ: 'at+jwt' }, true],
    ['typ application/AT+JWT', { typ: 'application/AT+JWT' }, true],
    ['no typ', { typ: undefined }, true],
    ['typ dpop+jwt', { typ: 'dpop+jwt' }, false],
    ['key URLs to nowhere', { jku: 'http://127.0.0.1:1/', x5u: 'http://127.0.0.1:1/' }, true],
    ['an unknown key id', { kid: 'unknown' }, false],
    ['a critical extension', { crit: ['exp'], exp: 1 }, false],
  ])('with %s in its header is accepted: %p', async (_what, header, accepted) => {
    const seen = authenticate(`Bearer ${await keys.token({}, header)}`).then(
      () => true,
      () => false,
    );
    await expect(seen).resolves.toBe(accepted);
  });

  test.each([
    ['none at all', undefined, 'Bearer'],
    ['another scheme', 'Basic YTpi', 'Bearer'],
    ['only the scheme', 'Bearer ', 'Bearer'],
    ['no JWT', 'Bearer abc', invalid],
    ['two tokens', 'Bearer a.b.c a.b.c', invalid],
    ['a token of more than 8,192 characters', `Bearer ${'a'.repeat(8_193)}`, invalid],
    ['an unsigned one', `Bearer ${btoa('{"alg":"none"}')}.${btoa('{}')}.`, invalid],
  ])('that is missing or malformed (%s) is refused with the same words', async (_what, header, challenge) => {
    await expect(authenticate(header)).rejects.toMatchObject({
      ...refused,
      headers: { 'WWW-Authenticate': challenge },
    });
  });

  test('signed by an algorithm that is not ours is refused, and so is one whose signature was changed', async () => {
    await expect(authenticate(`Bearer ${await keys.hmacToken()}`)).rejects.toMatchObject(refused);
    const token = await keys.token({});
    const at = token.lastIndexOf('.') + 5;
    const forged = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
    await expect(authenticate(`Bearer ${forged}`)).rejects.toMatchObject(refused);
  });

  test('is remembered for a minute, and not beyond its expiry', async () => {
    let time = Date.now();
    const clock = () => time;
    const { authenticate: remembering } = createAuthenticator(settings({ AUTH_JWKS_FILE: keys.file }), { log, clock });
    const token = await keys.token({ iat: now, exp: now + 30 });
    await remembering(`Bearer ${token}`);
    time += 29_000;
    await expect(remembering(`Bearer ${token}`)).resolves.toBeDefined();
    time += 10_000;
    await expect(remembering(`Bearer ${token}`)).rejects.toMatchObject(refused);
  });
});
