import { constants, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

/** Made by hand: a library would refuse to write what an attacker writes. */
export type KeyPair = {
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
