import type { Request, Response } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import type { Actor } from '../actor.ts';
import { KeyUnknownYet, ProblemError, Unauthenticated } from '../errors.ts';
import { clientAddress } from './client-address.ts';

const WINDOW_MS = 60_000;

/**
 * Limits requests per minute and process: of each subject, and of each address for callers without a valid token. A valid
 * token is never limited for others at its address, which behind a proxy without TRUST_PROXY is everyone's. Rejects with 429;
 * sets `RateLimit`, `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers) and, with a 429, `Retry-After`.
 */
export const createRateLimit = (perMinute: number) => {
  const limiter = rateLimit({
    windowMs: WINDOW_MS,
    limit: perMinute,
    identifier: 'per-minute',
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    validate: false,
    keyGenerator: (_request, { locals }) => String(locals['limited']),
    handler: (_request, _response, next) => next(tooMany()),
  });
  const count = async (request: Request, response: Response, who: string): Promise<void> => {
    response.locals['limited'] = who;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    await limiter(request, response, (error?: Error | string) => (error ? reject(error) : resolve()));
    return promise;
  };
  return {
    ofSubject: (request: Request, response: Response, { userId }: Actor): Promise<void> =>
      count(request, response, `subject ${userId}`),
    /** For a caller without a valid token. */
    ofAddress: async (request: Request, response: Response, error: unknown): Promise<void> => {
      if (!(error instanceof Unauthenticated || error instanceof KeyUnknownYet)) return;
      await count(request, response, `address ${ipKeyGenerator(clientAddress(request))}`);
    },
  };
};

const tooMany = () =>
  new ProblemError(429, 'too-many-requests', 'Too many requests in this minute; retry after the time in Retry-After.');

export type RateLimit = ReturnType<typeof createRateLimit>;
