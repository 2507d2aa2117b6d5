import { errors, exportJWK, generateKeyPair, type JWTHeaderParameters } from 'jose';
import { beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createKeySet } from './key-set.ts';
import { log } from '../../test/test-issuer.ts';

const COOLDOWN_MS = 5_000;
const MAX_AGE_MS = 300_000;
const START_MS = 1_000;
const header = { alg: 'EdDSA', kid: 'first' };
const token = {} as never;

let published: string;
let now: number;
let loads: number;

beforeAll(async () => {
  const { publicKey } = await generateKeyPair('EdDSA');
  published = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'first', alg: 'EdDSA' }] });
});
beforeEach(() => {
  now = START_MS;
  loads = 0;
});

const isUnknown = (error: unknown) => error instanceof errors.JWKSNoMatchingKey;

const keySet = () => {
  const keys = createKeySet({
    load: async () => ((loads += 1), published),
    cooldownMs: COOLDOWN_MS,
    failureCooldownMs: 1_000,
    maxAgeMs: MAX_AGE_MS,
    log,
    stopwatch: () => now,
  });
  return (header: JWTHeaderParameters, token: never) => keys.use(async (known) => known(header, token), isUnknown);
};

test('keys are fetched again when they are old, not before', async () => {
  const keys = keySet();
  await keys(header, token);
  now = START_MS + MAX_AGE_MS;
  await keys(header, token);
  expect(loads).toBe(1);
  now += 1;
  await keys(header, token);
  expect(loads).toBe(2);
});

test('keys that are published unchanged are not imported again', async () => {
  const keys = keySet();
  const before = await keys(header, token);
  now += MAX_AGE_MS + 1;
  await keys(header, token);
  await keys(header, token);
  expect(loads).toBe(2);
  expect(await keys(header, token)).toBe(before);
});

test('are fetched again for an unknown key when the cooldown is over, to the millisecond', async () => {
  const keys = keySet();
  const unknown = { ...header, kid: 'second' };
  await keys(header, token);
  now = START_MS + COOLDOWN_MS - 1;
  await expect(keys(unknown, token)).rejects.toMatchObject({ code: 'unavailable', headers: { 'Retry-After': '1' } });
  expect(loads).toBe(1);
  now += 1;
  await expect(keys(unknown, token)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  expect(loads).toBe(2);
});

test('until then, it is unknown whether the issuer has it: Retry-After says when to ask again', async () => {
  const keys = keySet();
  await keys(header, token);
  now = START_MS + 900;
  const unavailable = { status: 503, headers: { 'Retry-After': '5' } };
  await expect(keys({ ...header, kid: 'second' }, token)).rejects.toMatchObject(unavailable);
});

test('the first token is refused if its key is not in the set that was fetched for it', async () => {
  await expect(keySet()({ ...header, kid: 'second' }, token)).rejects.toMatchObject({
    code: 'ERR_JWKS_NO_MATCHING_KEY',
  });
  expect(loads).toBe(1);
});

test('a token that no key could match is refused without fetching keys', async () => {
  const keys = keySet();
  await keys(header, token);
  now += COOLDOWN_MS;
  await expect(keys({ alg: 'HS256' }, token)).rejects.toMatchObject({ code: 'ERR_JOSE_NOT_SUPPORTED' });
  expect(loads).toBe(1);
});
