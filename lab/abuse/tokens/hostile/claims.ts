import { menteeId } from '@mentor-sessions/lab/people';
import type { Claims, Header, Issuer } from '../issuer.ts';

const now = Math.floor(Date.now() / 1_000);
const tenYears = 10 * 365 * 86_400;
const day = 86_400;

/** All signed by the right key: only what they say is wrong. */
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
  'a critical extension that nobody knows': { crit: ['admin'], admin: true },
  'crit empty': { crit: [] },
  'an unencoded payload': { crit: ['b64'], b64: false },
};

export const byClaims = ({ token, good }: Issuer): Record<string, string> => ({
  ...Object.fromEntries(Object.entries(claims(good())).map(([name, these]) => [name, token(these)])),
  ...Object.fromEntries(Object.entries(headers).map(([name, these]) => [name, token({}, these)])),
});
