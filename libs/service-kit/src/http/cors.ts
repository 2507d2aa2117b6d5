import type { RequestHandler } from 'express';

const METHODS = 'GET, HEAD, POST, PATCH';
const REQUEST_HEADERS = 'Authorization, Content-Type, If-Match, Idempotency-Key, X-Request-Id, traceparent';
const EXPOSED = 'ETag, Location, Link, Retry-After, X-Request-Id, RateLimit, RateLimit-Policy';
/** What browsers keep a preflight for at most, Chromium's bound. */
const MAX_AGE_SECONDS = '7200';

/**
 * Lets pages of these origins (`*`: of any) read the answers, errors included. Tokens travel in a header, so credentials in
 * the sense of cookies are never allowed. A preflight is answered here, before authentication; without origins there is none.
 */
export const cors = (origins: readonly string[]): RequestHandler[] => {
  if (origins.length === 0) return [];
  const allow: RequestHandler = (request, response, next) => {
    response.vary('Origin');
    const origin = request.headers.origin;
    if (origin === undefined || !(origins.includes('*') || origins.includes(origin))) return next();
    response.setHeader('Access-Control-Allow-Origin', origins.includes('*') ? '*' : origin);
    response.setHeader('Access-Control-Expose-Headers', EXPOSED);
    const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
    if (!isPreflight) return next();
    response.setHeader('Access-Control-Allow-Methods', METHODS);
    response.setHeader('Access-Control-Allow-Headers', REQUEST_HEADERS);
    response.setHeader('Access-Control-Max-Age', MAX_AGE_SECONDS);
    response.status(204).end();
  };
  return [allow];
};
