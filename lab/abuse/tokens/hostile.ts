import { jwt, part, signedBy, hmacWith, jwkOf, newKey, type Issuer, type Claims, type Header } from './make.ts';
import { menteeId } from '@mentor-sessions/lab/people';
import { byAlgorithm } from './hostile/algorithms.ts';

/** The headers to send, and a name. */
export type Hostile = { readonly name: string; readonly headers: readonly string[]; readonly query?: string };

/** Malformed tokens, and tokens in other places than the Authorization header. */
const byFormat = (issuer: Issuer): Hostile[] => {
  const { keys, good, headerOf, token } = issuer;
  const whole = token();
  const [header = '', payload = '', signature = ''] = whole.split('.');
  const signed = (content: unknown) => jwt(headerOf(keys.EdDSA), content, signedBy(keys.EdDSA));
  const values: Record<string, string> = {
    'Bearer alone': 'Bearer',
    'Bearer and blanks': 'Bearer    ',
    'no scheme': whole,
    'another scheme': `Basic ${whole}`,
    'the scheme Token': `Token ${whole}`,
    'Bearer with a comma': `Bearer,${whole}`,
    'Bearer with a colon': `Bearer:${whole}`,
    'a tab after Bearer': `Bearer\t${whole}`,
    'two schemes': `Bearer Bearer ${whole}`,
    'two tokens': `Bearer ${whole} ${whole}`,
    'two tokens with a comma': `Bearer ${whole}, Bearer ${whole}`,
    'in quotes': `Bearer "${whole}"`,
    'one part': `Bearer ${header}`,
    'two parts': `Bearer ${header}.${payload}`,
    'four parts': `Bearer ${whole}.${signature}`,
    'five parts, like an encrypted one': `Bearer ${header}.${payload}.${payload}.${payload}.${signature}`,
    'three empty parts': 'Bearer ..',
    'no header': `Bearer .${payload}.${signature}`,
    'a detached payload': `Bearer ${header}..${signature}`,
    'a header that is no JSON': `Bearer ${part('{alg')}.${payload}.${signature}`,
    'a header that is a list': `Bearer ${part([{ alg: 'EdDSA' }])}.${payload}.${signature}`,
    'a payload that is no JSON': `Bearer ${signed('no JSON')}`,
    'a payload that is a list': `Bearer ${signed([good()])}`,
    'a payload that is null': `Bearer ${signed('null')}`,
    'a payload that is a text': `Bearer ${signed('"text"')}`,
    'a payload cut short': `Bearer ${signed(JSON.stringify(good()).slice(0, -1))}`,
    'parts in base64 with padding': `Bearer ${header}=.${payload}=.${signature}==`,
    'a JWS as JSON': `Bearer ${part({ payload, signatures: [{ protected: header, signature }] })}`,
    'more than 8 KB, otherwise good': `Bearer ${token({ padding: 'x'.repeat(8_192) })}`,
    '12 KB of nothing': `Bearer ${'a'.repeat(12_000)}`,
    '4,000 dots': `Bearer ${'.'.repeat(4_000)}`,
    'a Latin letter beyond ASCII': `Bearer ${whole}é`,
  };
  const good1 = `Bearer ${whole}`;
  const others: Hostile[] = [
    { name: 'none at all', headers: [] },
    { name: 'an empty header', headers: ['authorization', ''] },
    { name: 'two headers, the first good', headers: ['authorization', good1, 'Authorization', 'Bearer x.y.z'] },
    { name: 'two headers, the second good', headers: ['Authorization', 'Bearer x.y.z', 'authorization', good1] },
    { name: 'two headers, both good', headers: ['authorization', good1, 'authorization', `Bearer ${token()}`] },
    { name: 'in a cookie', headers: ['cookie', `access_token=${whole}; token=${whole}`] },
    { name: 'in the query', headers: [], query: `?access_token=${whole}` },
    { name: 'in a header of a proxy', headers: ['x-forwarded-authorization', good1, 'x-authorization', good1] },
    { name: 'as a claim of who one is', headers: ['x-user-id', String(good()['sub']), 'x-roles', 'mentor'] },
    { name: 'to a proxy', headers: ['proxy-authorization', good1] },
  ];
  const plain = Object.entries(values).map(([name, value]) => ({ name, headers: ['authorization', value] }));
  return [...plain, ...others];
};

const now = Math.floor(Date.now() / 1_000);
const tenYears = 10 * 365 * 86_400;
const day = 86_400;

/** Signed by the right key, with wrong claims. */
const claims = ({ iss, aud }: Claims): Record<string, Claims> => ({
  'no iss': { iss: undefined },
  'another iss': { iss: 'https://evil.test' },
  'iss with a slash': { iss: `${String(iss)}/` },
  'iss in a list': { iss: [iss] },
  'iss in capitals': { iss: String(iss).toUpperCase() },
  'no aud': { aud: undefined },
  'another aud': { aud: 'billing' },
  'aud in another case': { aud: String(aud).toUpperCase() },
  'a longer aud': { aud: `${String(aud)}-admin` },
  'an empty list of aud': { aud: [] },
  'an aud that is an object': { aud: { [String(aud)]: true } },
  'an aud of true': { aud: true },
  'no exp': { exp: undefined },
  'exp in the past': { iat: now - 7_200, exp: now - 3_600 },
  'exp of a text': { exp: String(now + 600) },
  'exp null': { exp: null },
  'exp negative': { exp: -1 },
  'exp beyond numbers': { exp: 1e308 },
  'a life of ten years': { exp: now + tenYears },
  'a life of a day and a minute': { iat: now, exp: now + day + 60 },
  'exp in milliseconds': { exp: (now + 600) * 1_000 },
  'no iat': { iat: undefined },
  'iat in an hour': { iat: now + 3_600, exp: now + 7_200 },
  'iat of a text': { iat: String(now) },
  'iat ten years ago': { iat: now - tenYears },
  'nbf in an hour': { nbf: now + 3_600 },
  'nbf of a text': { nbf: 'now' },
  'no sub': { sub: undefined },
  'sub null': { sub: null },
  'a numeric sub': { sub: 42 },
  'an empty sub': { sub: '' },
  'a sub that is a name': { sub: 'admin' },
  'a sub that is an address': { sub: 'mentee@example.com' },
  'a sub in braces': { sub: `{${menteeId}}` },
  'a sub as URN': { sub: `urn:uuid:${menteeId}` },
  'a sub of 35 characters': { sub: menteeId.slice(1) },
  'a sub of 37 characters': { sub: `${menteeId}a` },
  'a sub with a line end': { sub: `${menteeId}\n` },
  'a sub in a list': { sub: [menteeId] },
  'a sub that is an object': { sub: { id: menteeId } },
  'a sub with SQL': { sub: `' or 1=1 --` },
  'roles of a text': { roles: 'mentor' },
  'roles null': { roles: null },
  'roles of an object': { roles: { mentor: true } },
  'roles of true': { roles: true },
  'roles of numbers': { roles: [1, 2] },
  'roles of lists': { roles: [['mentor']] },
  'roles with null': { roles: ['mentor', null] },
  'a numeric mentor profile': { mentor_profile_id: 1 },
  'a mentor profile that is no UUID': { mentor_profile_id: 'any' },
  'a mentor profile of a wildcard': { mentor_profile_id: '%' },
  'mentor profiles in a list': { mentor_profile_id: [menteeId] },
});

const headers: Record<string, Header> = {
  'typ dpop+jwt': { typ: 'dpop+jwt' },
  'typ logout+jwt': { typ: 'logout+jwt' },
  'typ secevent+jwt': { typ: 'secevent+jwt' },
  'typ JWE': { typ: 'JWE' },
  'an empty typ': { typ: '' },
  'a numeric typ': { typ: 1 },
  'typ in a list': { typ: ['JWT'] },
  'an unknown critical extension': { crit: ['admin'], admin: true },
  'crit empty': { crit: [] },
  'an unencoded payload': { crit: ['b64'], b64: false },
};

const byClaims = ({ token, good }: Issuer): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(claims(good())).map(([name, these]) => [name, token(these)])),
  ...Object.fromEntries(Object.entries(headers).map(([name, these]) => [name, token({}, these)])),
});

/** A foreign key in the token or at a URL in it, and key ids that are paths, URLs, SQL or not strings. */
const byKeyTricks = ({ keys, good, headerOf }: Issuer, listener: string): Record<string, string> => {
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

const asHeaders = (tokens: Readonly<Record<string, string>>): Hostile[] =>
  Object.entries(tokens).map(([name, token]) => ({ name, headers: ['authorization', `Bearer ${token}`] }));

/** `listener`: the server of key URLs in tokens, which must get no request. */
export const hostileTokens = (issuer: Issuer, listener: string): Hostile[] => [
  ...asHeaders(byAlgorithm(issuer)),
  ...asHeaders(byKeyTricks(issuer, listener)),
  ...asHeaders(byClaims(issuer)),
  ...byFormat(issuer),
];
