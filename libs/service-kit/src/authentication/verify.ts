import {
  decodeProtectedHeader,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from 'jose';
import type { Actor } from '../actor.ts';
import type { AuthenticationConfig } from './variables.ts';

export type Clock = () => number;

/** `expiresAt` in milliseconds since 1970. */
export type Verified = { readonly actor: Actor; readonly expiresAt: number };
export type Verify = (token: string) => Promise<Verified>;

/** Tries with the known keys and, when `isAboutKeys` says that another key may be needed, with fresh ones. */
export type UseKeys = <T>(
  attempt: (keys: JWTVerifyGetKey) => Promise<T>,
  isAboutKeys: (error: unknown) => boolean,
) => Promise<T>;

const MAX_LIFETIME_SECONDS = 24 * 60 * 60;

const refused = (claim: string): Error => {
  const error = new Error(`the claim or header "${claim}" is not acceptable`);
  return Object.assign(error, { code: `CLAIM_${claim.toUpperCase()}` });
};

/** jose checks signature, issuer, audience and expiry; the rest is checked here: it would accept a lifetime of ten years or a numeric subject. */
export const createVerifier = (
  config: AuthenticationConfig,
  { useKeys, clock }: { useKeys: UseKeys; clock: Clock },
): Verify => {
  const leewaySeconds = config.AUTH_LEEWAY_SECONDS;
  const profileClaim = config.AUTH_MENTOR_PROFILE_CLAIM;
  const expected = {
    issuer: config.AUTH_ISSUER,
    audience: config.AUTH_AUDIENCE,
    algorithms: [...config.AUTH_ALGORITHMS],
    clockTolerance: leewaySeconds,
    requiredClaims: ['iss', 'aud', 'iat', 'exp'],
  };
  return async (token) => {
    const { payload, protectedHeader } = await useKeys(
      (known) => verifyWithAny(token, known, { ...expected, currentDate: new Date(clock()) }),
      (error) => mayNeedAnotherKey(error, token),
    );
    checkType(protectedHeader.typ);
    const profile = claimAt(payload, profileClaim) ?? null;
    const actor = {
      userId: uuid(claimAt(payload, config.AUTH_SUBJECT_CLAIM), config.AUTH_SUBJECT_CLAIM),
      roles: roles(claimAt(payload, config.AUTH_ROLES_CLAIM), config.AUTH_ROLES_CLAIM),
      mentorProfileId: profile === null ? null : uuid(profile, profileClaim),
    };
    return { actor, expiresAt: expiry(payload, clock() / 1_000 + leewaySeconds) * 1_000 };
  };
};

/** A token without `kid` may fit several keys: one of them must have signed it. */
const verifyWithAny = async (token: string, keys: JWTVerifyGetKey, options: JWTVerifyOptions) => {
  try {
    return await jwtVerify(token, keys, options);
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      const verified = await jwtVerify(token, key, options).catch(nullUnlessSigned);
      if (verified) return verified;
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
};

const nullUnlessSigned = (error: unknown): null => {
  if (error instanceof errors.JWSSignatureVerificationFailed) return null;
  throw error;
};

/** The named key is not there, or none fits a token that names no key: the issuer may have a new one. */
const mayNeedAnotherKey = (error: unknown, token: string): boolean =>
  error instanceof errors.JWKSNoMatchingKey ||
  (error instanceof errors.JWSSignatureVerificationFailed && decodeProtectedHeader(token).kid === undefined);

/** A claim of this name, or where its dots lead: names of objects in between may have dots as well. */
const claimAt = (from: unknown, name: string): unknown => {
  if (typeof from !== 'object' || from === null) return undefined;
  if (Object.hasOwn(from, name)) return (from as Record<string, unknown>)[name];
  const dots = [...name.matchAll(/\./g)].map(({ index }) => index);
  const at = dots.find((dot) => Object.hasOwn(from, name.slice(0, dot)));
  return at === undefined
    ? undefined
    : claimAt((from as Record<string, unknown>)[name.slice(0, at)], name.slice(at + 1));
};

const checkType = (typ: unknown): void => {
  if (typ === undefined) return;
  // RFC 7515 §4.1.9: a media type, case-insensitive, "application/" is optional
  const type = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : typ;
  if (type !== 'jwt' && type !== 'at+jwt') throw refused('typ');
};

const expiry = ({ iat, exp }: JWTPayload, latest: number): number => {
  if (!Number.isFinite(iat) || iat! > latest) throw refused('iat');
  if (!Number.isFinite(exp) || exp! - iat! > MAX_LIFETIME_SECONDS) throw refused('exp');
  return exp!;
};

const uuidText = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const uuid = (value: unknown, claim: string): string => {
  if (typeof value !== 'string' || !uuidText.test(value)) throw refused(claim);
  return value.toLowerCase(); // as in the database
};

const roles = (value: unknown = [], claim: string): string[] => {
  if (!Array.isArray(value) || !value.every((role) => typeof role === 'string')) throw refused(claim);
  return value;
};
