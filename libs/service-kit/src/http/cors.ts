import type { RequestHandler } from 'express';

const METHODS = 'GET, HEAD, POST, PATCH';
const REQUEST_HEADERS = 'Authorization, Content-Type, If-Match, Idempotency-Key, X-Request-Id, traceparent';
const EXPOSED = 'ETag, Location, Link, Retry-After, X-Request-Id, RateLimit, RateLimit-Policy';
/** Chromium's upper bound. */
const MAX_AGE_SECONDS = '7200';

/**
 * Lets web pages of these origins (`*`: of any) read the responses, errors included. Never with credentials in the sense
 * of cookies: tokens travel in a header. By hand because it is shorter than the options that the `cors` package needs.
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
