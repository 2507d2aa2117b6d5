import type { Request, Response } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import type { Actor } from '../actor.ts';
import { KeyUnknownYet, TooManyRequests, Unauthenticated } from '../errors.ts';
import { clientAddress } from './client-address.ts';

/** Throws 429; sets `RateLimit`, `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers) and, with a 429, `Retry-After`. */
export type Limit = (request: Request, response: Response, actor: Actor) => Promise<void>;
export type RateLimit = {
  readonly ofSubject: Limit;
  /** For a caller without a valid token. */
  readonly ofAddress: (request: Request, response: Response, error: unknown) => Promise<void>;
};

const WINDOW_MS = 60_000;
const NAME = 'per-minute';

const unlimited: RateLimit = { ofSubject: () => Promise.resolve(), ofAddress: () => Promise.resolve() };

/**
 * Limits requests per minute and process: of each subject, and of each address for callers without a valid token. A valid
 * token is never limited for others at its address, which behind a proxy without TRUST_PROXY is everyone's.
 */
export const createRateLimit = (perMinute: number | undefined): RateLimit => {
  if (perMinute === undefined) return unlimited;
  const limiter = rateLimit({
    windowMs: WINDOW_MS,
    limit: perMinute,
    identifier: NAME,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    validate: false,
    keyGenerator: (_request, { locals }) => String(locals['limited']),
    handler: (_request, _response, next) => next(new TooManyRequests()),
  });
  const count = async (request: Request, response: Response, who: string): Promise<void> => {
    response.locals['limited'] = who;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    await limiter(request, response, (error?: Error | string) => (error ? reject(error) : resolve()));
    return promise;
  };
  return {
    ofSubject: (request, response, { userId }) => count(request, response, `subject ${userId}`),
    ofAddress: async (request, response, error) => {
      if (!(error instanceof Unauthenticated || error instanceof KeyUnknownYet)) return;
      await count(request, response, `address ${ipKeyGenerator(clientAddress(request))}`);
    },
  };
};
