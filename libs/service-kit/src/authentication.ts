import type { Logger } from 'pino';
import type { Actor } from './actor.ts';
import { Unauthenticated, Unavailable } from './errors.ts';
import { jwksFromFile, jwksFromUrl } from './authentication/jwks-source.ts';
import { createKeySet } from './authentication/key-set.ts';
import { rememberVerified } from './authentication/remembered.ts';
import { createVerifier, type Clock, type Verify } from './authentication/verify.ts';

export type Authenticate = (authorization: string | undefined) => Promise<Actor>;

export type AuthenticationOptions = {
  readonly issuer: string;
  readonly audience: string;
  /** One of the two: where the public keys are published, or a file that holds them. */
  readonly jwksUrl?: string | undefined;
  readonly jwksFile?: string | undefined;
  readonly log: Logger;
  /** Milliseconds since 1970. */
  readonly clock?: Clock;
  /** Milliseconds since any moment, never back: a wall clock that is set back must not keep new keys from being looked up. */
  readonly stopwatch?: Clock;
};

/** Reads `Authorization: Bearer <JWT>`. Rejects with `Unauthenticated`, the same for every cause, or `Unavailable` when there are no keys to tell. */
export const createAuthenticator = (options: AuthenticationOptions): Authenticate => {
  const { issuer, audience, log, clock = Date.now, stopwatch = () => performance.now() } = options;
  const keys = createKeySet({ ...sourceOf(options), log, stopwatch });
  const verify = rememberVerified(createVerifier({ issuer, audience, keys, clock }), clock);
  return async (authorization) => verifyHeader(verify, authorization, log);
};

const sourceOf = ({ jwksUrl, jwksFile }: AuthenticationOptions) => {
  if (jwksUrl) return jwksFromUrl(jwksUrl);
  if (jwksFile) return jwksFromFile(jwksFile);
  throw new TypeError('a JWKS URL or a JWKS file is needed to verify tokens');
};

const bearer = /^Bearer +([\w.~+/-]{1,8192}=*) *$/i;

const verifyHeader = async (verify: Verify, authorization: string | undefined, log: Logger): Promise<Actor> => {
  const token = bearer.exec(authorization ?? '')?.[1];
  if (token === undefined) throw new Unauthenticated();
  try {
    return (await verify(token)).actor;
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    log.debug({ reason: (error as { code?: unknown }).code, err: error }, 'token refused');
    throw new Unauthenticated(undefined, { cause: error });
  }
};
