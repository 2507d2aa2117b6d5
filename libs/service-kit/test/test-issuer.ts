import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK, type JWTHeaderParameters } from 'jose';
import { z } from 'zod';
import { authenticationVariables } from '../src/authentication/variables.ts';
import { createLogger } from '../src/log.ts';

export const issuer = 'https://identity.test';
export const audience = 'kit';
/** The configuration of an api, with the defaults of its variables. */
export const settings = (given: Partial<Record<keyof typeof authenticationVariables, string>> = {}) =>
  z.object(authenticationVariables).parse({ AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience, ...given });
export const user = '0194b0a0-0000-7000-8000-000000000001';
export const mentorProfile = '0194b0a0-0000-7000-8000-00000000000a';
export const log = createLogger({ service: 'kit', role: 'test', level: 'silent', pretty: false });

export type Issuer = Awaited<ReturnType<typeof createIssuer>>;

/** Signs tokens for the tests; its public keys are in a file, and `rotate` replaces them. */
export const createIssuer = async () => {
  const directory = await mkdtemp(join(tmpdir(), 'kit-keys-'));
  const file = join(directory, 'jwks.json');
  let privateKey: CryptoKey;
  let publicKey: JWK;
  const rotate = async (): Promise<void> => {
    const pair = await generateKeyPair('EdDSA');
    privateKey = pair.privateKey;
    publicKey = { ...(await exportJWK(pair.publicKey)), kid: randomUUID(), alg: 'EdDSA' };
    await writeFile(file, keySet());
  };
  const keySet = () => JSON.stringify({ keys: [publicKey] });
  const sign = (claims: object, header: object, [alg, key]: [string, CryptoKey | Uint8Array]): Promise<string> => {
    const now = Math.floor(Date.now() / 1_000);
    const all = { iss: issuer, aud: audience, sub: user, iat: now, exp: now + 600, roles: ['mentee'], ...claims };
    const protectedHeader = { alg, kid: publicKey.kid, typ: 'JWT', ...header } as JWTHeaderParameters;
    return new SignJWT(withoutUndefined(all)).setProtectedHeader(withoutUndefined(protectedHeader)).sign(key, signing);
  };
  await rotate();
  return {
    file,
    keySet,
    rotate,
    token: (claims: object, header: object = {}) => sign(claims, header, ['EdDSA', privateKey]),
    hmacToken: () => sign({}, {}, ['HS256', new TextEncoder().encode(JSON.stringify(publicKey))]),
    close: () => rm(directory, { recursive: true }),
  };
};

const signing = { crit: { exp: false } };

const withoutUndefined = <T extends object>(fields: T): T =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
