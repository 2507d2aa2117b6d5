import type { RequestHandler } from 'express';

const METHODS = 'GET, HEAD, POST, PATCH';
const ofTheApi = [
  'Authorization',
  'Content-Type',
  'If-Match',
  'If-None-Match',
  'Idempotency-Key',
  'X-Request-Id',
  'Cache-Control',
  'Pragma',
  'X-Requested-With',
];
/** What tracing and monitoring add to a page's requests. */
const ofTracing = [
  'traceparent',
  'tracestate',
  'baggage',
  'sentry-trace',
  'X-Correlation-Id',
  'b3',
  'X-B3-TraceId',
  'X-B3-SpanId',
  'X-B3-ParentSpanId',
  'X-B3-Sampled',
  'X-B3-Flags',
  'X-Datadog-Trace-Id',
  'X-Datadog-Parent-Id',
  'X-Datadog-Origin',
  'X-Datadog-Sampling-Priority',
  'X-Datadog-Tags',
  'newrelic',
  'elastic-apm-traceparent',
  'Request-Id',
  'Request-Context',
  'uber-trace-id',
  'X-Cloud-Trace-Context',
  'X-Amzn-Trace-Id',
  'X-Instana-T',
  'X-Instana-S',
  'X-Instana-L',
];
const EXPOSED =
  'ETag, Location, Link, Retry-After, X-Request-Id, RateLimit, RateLimit-Policy, Idempotent-Replayed, WWW-Authenticate';
/** Chromium's upper bound. */
const MAX_AGE_SECONDS = '7200';

export type CorsOptions = {
  /** Of the web pages that may read responses in a browser; default: none. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Request headers that these pages may send beside the usual ones. */
  readonly corsHeaders?: readonly string[] | undefined;
};

/** For a response to a page of this origin; undefined: it may not read it. */
export const corsHeadersFor = (
  origins: readonly string[],
  origin: string | undefined,
): Readonly<Record<string, string>> | undefined => {
  const isAny = origins.includes('*');
  if (origin === undefined || !(isAny || origins.includes(origin))) return undefined;
  return { 'Access-Control-Allow-Origin': isAny ? '*' : origin, 'Access-Control-Expose-Headers': EXPOSED };
};

/**
 * Lets web pages of these origins (`*`: of any) read the responses, errors included. Never with credentials in the sense
 * of cookies: tokens travel in a header. By hand because it is shorter than the options that the `cors` package needs.
 */
export const cors = ({ corsOrigins = [], corsHeaders = [] }: CorsOptions): RequestHandler[] => {
  if (corsOrigins.length === 0) return [];
  const requestHeaders = [...ofTheApi, ...ofTracing, ...corsHeaders].join(', ');
  const allow: RequestHandler = (request, response, next) => {
    response.vary('Origin');
    const headers = corsHeadersFor(corsOrigins, request.headers.origin);
    if (!headers) return next();
    response.setHeaders(new Map(Object.entries(headers)));
    const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
    if (!isPreflight) return next();
    response.setHeader('Access-Control-Allow-Methods', METHODS);
    response.setHeader('Access-Control-Allow-Headers', requestHeaders);
    response.setHeader('Access-Control-Max-Age', MAX_AGE_SECONDS);
    response.status(204).end();
  };
  return [allow];
};
