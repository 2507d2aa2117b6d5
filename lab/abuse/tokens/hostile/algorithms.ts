import { hmacWith, jwkOf, jwt, newKey, part, signedBy, type Issuer } from '../make.ts';

const spellings = ['none', 'None', 'NONE', 'nOnE', '', 'null', ' none', 'none\0'];

/** No algorithm, a wrong one for the key, the public key as a secret, damaged signatures, foreign keys. */
export const byAlgorithm = (issuer: Issuer): Record<string, string> => {
  const { keys, good, headerOf, token } = issuer;
  const claims = good();
  const ed = headerOf(keys.EdDSA);
  const unsigned = (header: object, signature = '') => jwt(header, claims, () => signature);
  const secrets: Record<string, string | Buffer> = {
    'the public key as JWK': JSON.stringify(jwkOf(keys.RS256)),
    'the public key as PEM': keys.RS256.public.export({ format: 'pem', type: 'spki' }),
    'the public key as PEM without its last line end': keys.RS256.public
      .export({ format: 'pem', type: 'spki' })
      .toString()
      .trimEnd(),
    'the public key as PKCS#1 PEM': keys.RS256.public.export({ format: 'pem', type: 'pkcs1' }),
    'the public key as DER': keys.RS256.public.export({ format: 'der', type: 'spki' }),
    'the x of the Ed25519 key': Buffer.from(String(jwkOf(keys.EdDSA)['x']), 'base64url'),
    'an empty secret': '',
    'the word secret': 'secret',
  };
  const hmacs = Object.entries(secrets).map(([name, secret]) => {
    const kid = /Ed25519/.test(name) ? keys.EdDSA.kid : keys.RS256.kid;
    return [`HS256 with ${name}`, jwt({ alg: 'HS256', kid, typ: 'JWT' }, claims, hmacWith(secret))] as const;
  });
  const whole = token();
  const [header = '', payload = '', signature = ''] = whole.split('.');
  const flipped = Buffer.from(signature, 'base64url');
  flipped[9] = (flipped[9] ?? 0) ^ 1;
  const foreign = (alg: keyof typeof keys) => {
    const key = newKey(alg, keys[alg].kid);
    return jwt(headerOf(key), claims, signedBy(key));
  };
  return {
    ...Object.fromEntries(spellings.map((alg) => [`alg ${JSON.stringify(alg)}`, unsigned({ ...ed, alg })])),
    'alg none with a signature': unsigned({ ...ed, alg: 'none' }, signature),
    'alg none without a key id': unsigned({ alg: 'none', typ: 'JWT' }),
    'no alg': unsigned({ kid: keys.EdDSA.kid }, signature),
    'alg null': unsigned({ ...ed, alg: null }, signature),
    'alg in a list': unsigned({ ...ed, alg: ['EdDSA'] }, signature),
    'alg 0': unsigned({ ...ed, alg: 0 }, signature),
    ...Object.fromEntries(hmacs),
    'HS384 with the public key': jwt({ alg: 'HS384' }, claims, hmacWith(secrets['the public key as PEM']!, 'sha384')),
    'HS512 with an empty secret': jwt({ alg: 'HS512' }, claims, hmacWith('', 'sha512')),
    ...Object.fromEntries(
      ['PS256', 'RS384', 'RS512'].map((alg) => [
        `${alg} by the RS256 key`,
        jwt({ ...headerOf(keys.RS256), alg }, claims, signedBy(keys.RS256, alg)),
      ]),
    ),
    'PSS under the name of RS256': jwt(headerOf(keys.RS256), claims, signedBy(keys.RS256, 'PS256')),
    'RS256 by the key of EdDSA': jwt({ ...ed, alg: 'RS256' }, claims, signedBy(keys.EdDSA)),
    'EdDSA by the RS256 key': jwt({ ...headerOf(keys.RS256), alg: 'EdDSA' }, claims, signedBy(keys.RS256)),
    'ES256 in DER': jwt(headerOf(keys.ES256), claims, signedBy(keys.ES256, 'ES256 in DER')),
    'ES256 of zeros (CVE-2022-21449)': jwt(headerOf(keys.ES256), claims, () => Buffer.alloc(64).toString('base64url')),
    'alg Ed448': unsigned({ ...ed, alg: 'Ed448' }, signature),
    'alg eddsa': unsigned({ ...ed, alg: 'eddsa' }, signature),
    'a bit of the signature flipped': `${header}.${payload}.${flipped.toString('base64url')}`,
    'half the signature': `${header}.${payload}.${signature.slice(0, 43)}`,
    'no signature': `${header}.${payload}.`,
    'the signature twice': `${whole}${signature}`,
    'a signature of zeros': `${header}.${payload}.${'A'.repeat(86)}`,
    'the signature of another token': `${header}.${payload}.${token().split('.')[2]}`,
    'another payload under the signature': `${header}.${part({ ...claims, roles: ['operator'] })}.${signature}`,
    'another header over the signature': `${part({ ...ed, typ: 'at+jwt' })}.${payload}.${signature}`,
    'a foreign EdDSA key under our key id': foreign('EdDSA'),
    'a foreign ES256 key under our key id': foreign('ES256'),
    'a foreign RS256 key under our key id': foreign('RS256'),
  };
};
