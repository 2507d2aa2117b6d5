import type { Header, Issuer } from '../issuer.ts';
import { hmacWith, jwkOf, jwt, newKey, signedBy } from '../make.ts';

/** A foreign key that the token itself brings or points to, and key ids that are paths, URLs, SQL or no text. */
export const byKeyTricks = ({ keys, good, headerOf }: Issuer, listener: string): Record<string, string> => {
  const foreign = newKey('EdDSA');
  const claims = good();
  const signed = (header: Header) => jwt({ ...headerOf(foreign), ...header }, claims, signedBy(foreign));
  const ours = keys.EdDSA.kid;
  const kids: Record<string, unknown> = {
    'a path': '../../../../../../dev/null',
    'an absolute path': '/proc/self/environ',
    'a URL': `${listener}/kid`,
    SQL: `x' union select 'AAAA' -- `,
    'a command': '| cat /etc/passwd #',
    'a line end': `${ours}\r\nx-admin: 1`,
    'a NUL': `${ours}\0`,
    __proto__: '__proto__',
    constructor: 'constructor',
    nothing: '',
    null: null,
    'a number': 1,
    'an object': { kid: ours },
    'a list': [ours],
    '4,000 characters': 'k'.repeat(4_000),
    'another case': ours.toUpperCase(),
  };
  const urls: Record<string, string> = {
    plain: `${listener}/jwks`,
    'with credentials': listener.replace('http://', 'http://identity.mentor-sessions.test@'),
    'of a file': 'file:///etc/passwd',
  };
  return {
    'a foreign key': signed({}),
    'a foreign key without an id': signed({ kid: undefined }),
    'a foreign jwk': signed({ jwk: jwkOf(foreign) }),
    'a foreign jwk under our key id': signed({ kid: ours, jwk: { ...jwkOf(foreign), kid: ours } }),
    'a foreign jwk with its private part': signed({ jwk: foreign.private.export({ format: 'jwk' }) }),
    'a secret as jwk': jwt({ alg: 'HS256', jwk: { kty: 'oct', k: 'c2VjcmV0' } }, claims, hmacWith('secret')),
    'a foreign x5c': signed({ x5c: [foreign.public.export({ format: 'der', type: 'spki' }).toString('base64')] }),
    'a foreign x5c under our key id': signed({ kid: ours, x5c: ['AAAA'], x5t: 'AAAA', 'x5t#S256': 'AAAA' }),
    ...Object.fromEntries(
      Object.entries(urls).flatMap(([name, url]) => [
        [`jku ${name}`, signed({ jku: url })],
        [`jku ${name}, our key id`, signed({ jku: url, kid: ours })],
        [`x5u ${name}`, signed({ x5u: url })],
        [`x5u ${name}, our key id`, signed({ x5u: url, kid: ours })],
      ]),
    ),
    ...Object.fromEntries(Object.entries(kids).map(([name, kid]) => [`kid: ${name}`, signed({ kid })])),
    'kid of the null device and an empty secret': jwt({ alg: 'HS256', kid: '/dev/null' }, claims, hmacWith('')),
  };
};
