import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import { Unauthenticated, Unavailable } from './errors.ts';
import { createKeySet, jwksFromFile, jwksFromUrl } from './authentication/key-set.ts';
import type { AuthenticationConfig } from './authentication/variables.ts';
import { createVerifier, type Clock, type Verified, type Verify } from './authentication/verify.ts';

/** The caller, and when the token expires, for what takes longer than a request. */
export type Authenticate = (authorization: string | undefined) => Promise<Verified>;

type Tools = {
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly clock?: Clock;
  /** Monotonic milliseconds: a wall clock that is set back must not delay fetching new keys. */
  readonly stopwatch?: Clock;
};

/**
 * Reads `Authorization: Bearer <JWT>`. Rejects with `Unauthenticated`, the same for every cause, or with `Unavailable` without
 * keys, or with an unknown key that may be a new one.
 */
export const createAuthenticator = (config: AuthenticationConfig, tools: Tools) => {
  const { log, clock = Date.now, stopwatch = () => performance.now() } = tools;
  const keys = createKeySet({ ...sourceOf(config), log, stopwatch });
  const verify = rememberVerified(createVerifier(config, { useKeys: keys.use, clock }), clock);
  const authenticate: Authenticate = (authorization) => verifyHeader(verify, authorization, log);
  return { authenticate, hasKeys: keys.arePresent };
};

const sourceOf = ({ AUTH_JWKS_URL: url, AUTH_JWKS_FILE: file }: AuthenticationConfig) => {
  if (url) return jwksFromUrl(url);
  if (file) return jwksFromFile(file);
  throw new TypeError('a JWKS URL or a JWKS file is needed to verify tokens');
};

const bearer = /^Bearer +([\w.~+/-]{1,8192}=*) *$/i;
const anyBearer = /^Bearer +[^ ]/i;

const verifyHeader = async (verify: Verify, authorization: string | undefined, log: Logger): Promise<Verified> => {
  const token = bearer.exec(authorization ?? '')?.[1];
  if (token === undefined) throw new Unauthenticated({ isRefused: anyBearer.test(authorization ?? '') });
  try {
    return await verify(token);
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    log.debug({ reason: (error as { code?: unknown }).code, err: error }, 'token rejected');
    throw new Unauthenticated({ isRefused: true, cause: error });
  }
};

/** Of several Authorization headers Node keeps the first and a proxy perhaps the last, so none of them counts. */
export const soleAuthorization = ({ headers, rawHeaders }: IncomingMessage): string | undefined => {
  const given = rawHeaders.filter((text, n) => n % 2 === 0 && text.toLowerCase() === 'authorization');
  return given.length === 1 ? headers.authorization : undefined;
};

const REMEMBER_MS = 60_000;
const MAX_REMEMBERED = 5_000;

type Remembered = { readonly verified: Verified; readonly until: number };

/** Clients send the same token many times and checking a signature takes 0.25 ms: valid for a minute, never beyond its expiry. */
export const rememberVerified = (verify: Verify, clock: Clock, max = MAX_REMEMBERED): Verify => {
  const remembered = new Map<string, Remembered>();
  return async (token) => {
    const known = remembered.get(token);
    if (known && clock() < known.until) return known.verified;
    remembered.delete(token);
    const verified = await verify(token);
    if (remembered.size >= max) remembered.delete(remembered.keys().next().value ?? '');
    remembered.set(token, { verified, until: Math.min(clock() + REMEMBER_MS, verified.expiresAt) });
    return verified;
  };
};
