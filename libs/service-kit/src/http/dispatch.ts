import type { Request, RequestHandler, Response } from 'express';
import type { Actor } from '../actor.ts';
import { soleAuthorization, type Authenticate } from '../authentication.ts';
import { MethodNotAllowed } from '../errors.ts';
import { requestHash, type IdempotencyKey } from '../idempotency.ts';
import { readJson } from './body.ts';
import { parseIfMatch } from './if-match.ts';
import { inputParser } from './input.ts';
import type { RateLimit } from './rate-limit.ts';
import { contextOf, readTraceparent, SpanKind, SpanStatusCode, traceIdOf, traceparentOf, tracer } from '../tracing.ts';
import type { Answer, Route } from './route.ts';

type Needs = { readonly authenticate: Authenticate; readonly limit: RateLimit };

const nobody: Actor = { userId: '', roles: [], mentorProfileId: null };

/** All methods of one path, checked in the promised order; what the use case throws (404, 403, 412, 409) comes last. */
export const dispatch = (routes: readonly Route[], { authenticate, limit }: Needs): RequestHandler => {
  const byMethod = new Map(routes.map((route) => [route.method.toUpperCase(), { route, parse: inputParser(route) }]));
  const get = byMethod.get('GET');
  if (get) byMethod.set('HEAD', get);
  const allowed = [...byMethod.keys()].toSorted();
  // 429: after the caller is known, before any of the body is read.
  const whoAsks = async (request: Request, response: Response): Promise<Actor> => {
    const actor = await authenticate(soleAuthorization(request)).catch(async (error: unknown) => {
      await limit.ofAddress(request, response, error);
      throw error;
    });
    await limit.ofSubject(request, response, actor);
    return actor;
  };
  return async (request, response) => {
    response.locals['route'] = routes[0]?.path;
    const found = byMethod.get(request.method);
    if (!found) throw new MethodNotAllowed(allowed);
    const { route, parse } = found;
    const actor = route.isPublic ? nobody : await whoAsks(request, response);
    const isUnsafe = route.method !== 'get';
    const body = isUnsafe ? await readJson(request) : undefined;
    const key = isUnsafe ? request.get('idempotency-key') : undefined;
    const input = parse({ params: request.params, search: searchOf(request), body, idempotencyKey: key });
    const path = canonicalPath(route.path, input.params);
    const idempotencyKey = key === undefined ? undefined : keyOf({ method: request.method, path, actor, key, body });
    const requestId = String(response.locals['requestId']);
    const ifMatch = parseIfMatch(request.headers['if-match']);
    const traceparent = traceOf(request, response, route);
    response.locals['resource'] = (input.params as { id?: string } | undefined)?.id;
    const target = request.originalUrl;
    const context = { actor, ifMatch, idempotencyKey, target, requestId, traceparent };
    const answer = await route.handle({ ...input, ...context });
    // fault point: api.answering
    send(response, answer);
  };
};

/** Starts the span of this request; returns the trace context for what the request causes. */
const traceOf = ({ headers }: Request, response: Response, { method, path }: Route): string | undefined => {
  const parent = contextOf(readTraceparent(headers['traceparent']));
  const span = tracer.startSpan(`${method.toUpperCase()} ${path}`, { kind: SpanKind.SERVER }, parent);
  if (span.isRecording())
    response.once('close', () => {
      const { statusCode } = response;
      span.setAttributes({ 'http.response.status_code': statusCode, 'http.route': path });
      if (statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
  const traceparent = traceparentOf(span);
  response.locals['traceId'] = traceIdOf(traceparent);
  return traceparent;
};

/** However the caller spelled it: an id in capitals is the same booking. */
const canonicalPath = (path: string, params: Readonly<Record<string, unknown>>): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(params[name]));

type Keyed = {
  readonly method: string;
  readonly path: string;
  readonly actor: Actor;
  readonly key: string;
  readonly body: unknown;
};

const keyOf = ({ method, path, actor, key, body }: Keyed): IdempotencyKey => ({
  actor,
  key,
  requestHash: requestHash(method, path, body),
});

const searchOf = ({ url }: Request): string => {
  const at = url.indexOf('?');
  return at === -1 ? '' : url.slice(at + 1);
};

// Express's own res.json would compute an ETag of the text; ours is the version, and made by the handler.
const send = (response: Response, { status, body, headers = {} }: Answer): void => {
  const text = body === undefined ? undefined : JSON.stringify(body);
  response.statusCode = status;
  if (text !== undefined) {
    response.setHeader('Content-Type', 'application/json; charset=utf-8');
    response.setHeader('Content-Length', Buffer.byteLength(text));
  }
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  response.end(text);
};
