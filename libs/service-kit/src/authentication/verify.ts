import { jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import type { Actor } from '../actor.ts';

export type Clock = () => number;

/** `expiresAt` in milliseconds since 1970. */
export type Verified = { readonly actor: Actor; readonly expiresAt: number };
export type Verify = (token: string) => Promise<Verified>;

type Expected = {
  readonly issuer: string;
  readonly audience: string;
  readonly keys: JWTVerifyGetKey;
  readonly clock: Clock;
};

const TOLERANCE_SECONDS = 5;
const MAX_LIFETIME_SECONDS = 24 * 60 * 60;
const algorithms = ['EdDSA', 'ES256', 'RS256'];

class ClaimRefused extends Error {
  readonly code: string;

  constructor(claim: string) {
    super(`the claim or header "${claim}" is not acceptable`);
    this.code = `CLAIM_${claim.toUpperCase()}`;
  }
}

/** jose checks signature, issuer, audience and expiry; the rest is checked here: it would accept a lifetime of ten years or a numeric subject. */
export const createVerifier =
  ({ issuer, audience, keys, clock }: Expected): Verify =>
  async (token) => {
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms,
      clockTolerance: TOLERANCE_SECONDS,
      requiredClaims: ['iss', 'aud', 'sub', 'iat', 'exp'],
      currentDate: new Date(clock()),
    });
    checkType(protectedHeader.typ);
    const actor = { userId: uuid(payload, 'sub'), roles: roles(payload), mentorProfileId: mentorProfile(payload) };
    return { actor, expiresAt: expiry(payload, clock() / 1_000) * 1_000 };
  };

const checkType = (typ: unknown): void => {
  if (typ === undefined) return;
  // RFC 7515 §4.1.9: a media type, case-insensitive, "application/" is optional
  const type = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ;
  if (type !== 'jwt' && type !== 'at+jwt') throw new ClaimRefused('typ');
};

const expiry = ({ iat, exp }: JWTPayload, now: number): number => {
  if (!Number.isFinite(iat) || iat! > now + TOLERANCE_SECONDS) throw new ClaimRefused('iat');
  if (!Number.isFinite(exp) || exp! - iat! > MAX_LIFETIME_SECONDS) throw new ClaimRefused('exp');
  return exp!;
};

const uuidText = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const uuid = (payload: JWTPayload, claim: string): string => {
  const value = payload[claim];
  if (typeof value !== 'string' || !uuidText.test(value)) throw new ClaimRefused(claim);
  return value.toLowerCase(); // as in the database
};

const mentorProfile = (payload: JWTPayload): string | null =>
  payload['mentor_profile_id'] === undefined || payload['mentor_profile_id'] === null
    ? null
    : uuid(payload, 'mentor_profile_id');

const roles = ({ roles: value = [] }: JWTPayload & { roles?: unknown }): string[] => {
  if (!Array.isArray(value) || !value.every((role) => typeof role === 'string')) throw new ClaimRefused('roles');
  return value;
};
