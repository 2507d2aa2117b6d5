import { describe, expect, test } from '@jest/globals';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { newSigning, publicKeys, signToken } from './tokens.ts';

const userId = '01980000-0000-7000-8000-000000000001';
const mentorProfileId = '01980000-0000-7000-8000-000000000002';
const signing = await newSigning();
const { issuer, audience } = signing;
const verify = (token: string) => jwtVerify(token, createLocalJWKSet(publicKeys(signing)), { issuer, audience });

describe('development tokens', () => {
  test('contain user, roles and mentor profile, and last an hour', async () => {
    const { payload, protectedHeader } = await verify(
      await signToken(signing, { userId, roles: ['mentor'], mentorProfileId }),
    );
    expect(payload).toMatchObject({ sub: userId, roles: ['mentor'], mentor_profile_id: mentorProfileId });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3_600);
    expect(protectedHeader).toMatchObject({ alg: 'EdDSA', typ: 'JWT' });
  });

  test.each([
    ['90', 90],
    ['15m', 900],
    ['2h', 7_200],
    ['1d', 86_400],
    [5, 5],
  ])('last %s', async (expiresIn, seconds) => {
    const { payload } = await verify(await signToken(signing, { userId, roles: [], expiresIn }));
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(seconds);
  });

  test('can already be expired', async () => {
    await expect(verify(await signToken(signing, { userId, roles: [], expiresIn: -60 }))).rejects.toThrow('"exp"');
  });

  test('reject a malformed duration', async () => {
    await expect(signToken(signing, { userId, roles: [], expiresIn: 'soon' })).rejects.toThrow('not "soon"');
  });

  test('the key set contains no private key', () => {
    expect(publicKeys(signing).keys.map((key) => 'd' in key)).toEqual([false]);
  });
});
