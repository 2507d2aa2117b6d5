import type { IncomingMessage } from 'node:http';
import type { Logger } from 'pino';
import type { Actor } from './actor.ts';
import { Unauthenticated, Unavailable } from './errors.ts';
import { jwksFromFile, jwksFromUrl } from './authentication/jwks-source.ts';
import { createKeySet } from './authentication/key-set.ts';
import { rememberVerified } from './authentication/remembered.ts';
import { createVerifier, type Clock, type Verified, type Verify } from './authentication/verify.ts';

export type Authenticate = (authorization: string | undefined) => Promise<Actor>;

/** With the moment at which the token ends, in milliseconds since 1970: for what goes on longer than a request. */
export type AuthenticateUntil = (authorization: string | undefined) => Promise<Verified>;

export type Authenticator = {
  readonly authenticate: Authenticate;
  readonly authenticateUntil: AuthenticateUntil;
  /** True, or why no token can be verified. */
  readonly hasKeys: () => Promise<true | string>;
};

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
export const createAuthenticator = (options: AuthenticationOptions): Authenticator => {
  const { issuer, audience, log, clock = Date.now, stopwatch = () => performance.now() } = options;
  const keys = createKeySet({ ...sourceOf(options), log, stopwatch });
  const verify = rememberVerified(createVerifier({ issuer, audience, keys: keys.find, clock }), clock);
  const authenticateUntil: AuthenticateUntil = (authorization) => verifyHeader(verify, authorization, log);
  return {
    authenticate: async (authorization) => (await authenticateUntil(authorization)).actor,
    authenticateUntil,
    hasKeys: keys.arePresent,
  };
};

const sourceOf = ({ jwksUrl, jwksFile }: AuthenticationOptions) => {
  if (jwksUrl) return jwksFromUrl(jwksUrl);
  if (jwksFile) return jwksFromFile(jwksFile);
  throw new TypeError('a JWKS URL or a JWKS file is needed to verify tokens');
};

const bearer = /^Bearer +([\w.~+/-]{1,8192}=*) *$/i;

const verifyHeader = async (verify: Verify, authorization: string | undefined, log: Logger): Promise<Verified> => {
  const token = bearer.exec(authorization ?? '')?.[1];
  if (token === undefined) throw new Unauthenticated();
  try {
    return await verify(token);
  } catch (error) {
    if (error instanceof Unavailable) throw error;
    log.debug({ reason: (error as { code?: unknown }).code, err: error }, 'token refused');
    throw new Unauthenticated(undefined, { cause: error });
  }
};

/** Of several headers Node keeps the first, a proxy before us perhaps the last: two parties, two callers. Neither counts. */
export const soleAuthorization = ({ headers, rawHeaders }: IncomingMessage): string | undefined => {
  const given = rawHeaders.filter((text, n) => n % 2 === 0 && text.toLowerCase() === 'authorization');
  return given.length === 1 ? headers.authorization : undefined;
};
