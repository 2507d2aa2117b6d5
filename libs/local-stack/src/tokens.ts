import { randomUUID } from 'node:crypto';
import { SignJWT, exportJWK, generateKeyPair, importJWK } from 'jose';
import type { JWK, JSONWebKeySet } from 'jose';

export type Signing = { readonly issuer: string; readonly audience: string; readonly privateKey: JWK };
export type Claims = {
  readonly userId: string;
  readonly roles: readonly string[];
  readonly mentorProfileId?: string | null;
  /** For people; the services ignore it. */
  readonly name?: string;
  /** Seconds, or a duration such as `1h`; default one hour. A negative one creates an expired token. */
  readonly expiresIn?: number | string;
};

export const newSigning = async (): Promise<Signing> => {
  const { privateKey } = await generateKeyPair('EdDSA', { extractable: true });
  const key = { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: 'EdDSA', use: 'sig' };
  return { issuer: 'https://identity.mentor-sessions.test', audience: 'mentor-sessions', privateKey: key };
};

/** The key set without the private parts. */
export const publicKeys = ({ privateKey: { kty, crv, x, kid, alg, use } }: Signing): JSONWebKeySet => ({
  keys: [{ kty, crv, x, kid, alg, use } as JWK],
});

const secondsOf = (expiresIn: number | string): number => {
  if (typeof expiresIn === 'number') return expiresIn;
  const [, count, unit = 's'] = /^(-?\d+)\s*([smhd])?$/.exec(expiresIn) ?? [];
  const factor = { s: 1, m: 60, h: 3_600, d: 86_400 }[unit as 's' | 'm' | 'h' | 'd'];
  if (!count) throw new Error(`a duration is a whole number followed by s, m, h or d, not "${expiresIn}"`);
  return Number(count) * factor;
};

/** A development token with the claims that the services require. */
export const signToken = async (signing: Signing, claims: Claims): Promise<string> => {
  const { userId, roles, mentorProfileId, name, expiresIn = 3_600 } = claims;
  const { kid = '' } = signing.privateKey;
  const now = Math.floor(Date.now() / 1_000);
  const lifetime = secondsOf(expiresIn);
  const payload = { roles, ...(mentorProfileId && { mentor_profile_id: mentorProfileId }), ...(name && { name }) };
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid })
    .setIssuer(signing.issuer)
    .setAudience(signing.audience)
    .setSubject(userId)
    .setIssuedAt(Math.min(now, now + lifetime))
    .setExpirationTime(now + lifetime)
    .sign(await importJWK(signing.privateKey, 'EdDSA'));
};
