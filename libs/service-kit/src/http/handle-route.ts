import type { Request, RequestHandler, Response } from 'express';
import type { Actor } from '../actor.ts';
import { soleAuthorization, type Authenticate } from '../authentication.ts';
import { requestHash } from '../idempotency.ts';
import { contextOf, readTraceparent, SpanKind, SpanStatusCode, traceIdOf, traceparentOf, tracer } from '../tracing.ts';
import { readJson } from './body.ts';
import { never, parseIfMatch, parseIfNoneMatch } from './if-match.ts';
import { inputParser } from './input.ts';
import { publicTarget } from './public-path.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Answer, Route } from './route.ts';

type Needs = { readonly authenticate: Authenticate; readonly limit: RateLimit | undefined; readonly base: string };

const anonymous: Actor = { userId: '', roles: [], mentorProfileId: null };

/** Checks a request in the promised order, then calls the route's handler, whose errors (404, 403, 412, 409) come last. */
export const handleRoute = (route: Route, { authenticate, limit, base }: Needs): RequestHandler => {
  const parse = inputParser(route);
  const isUnsafe = route.method !== 'get';
  // the limit follows authentication, which names the caller, and precedes the body, which costs memory
  const identify = async (request: Request, response: Response): Promise<Actor> => {
    const { actor } = await authenticate(soleAuthorization(request)).catch(async (error: unknown) => {
      await limit?.ofAddress(request, response, error);
      throw error;
    });
    await limit?.ofSubject(request, response, actor);
    return actor;
  };
  return async (request, response) => {
    const actor = route.isPublic ? anonymous : await identify(request, response);
    const body = isUnsafe ? await readJson(request) : undefined;
    const key = isUnsafe ? request.get('idempotency-key') : undefined;
    const ifMatch = parseIfMatch(route.method === 'patch' ? request.headers['if-match'] : undefined);
    const [, search = ''] = /\?(.*)/s.exec(request.url) ?? [];
    const raw = { params: request.params, search, body, idempotencyKey: key };
    const input = parse({ ...raw, isIfMatchMalformed: ifMatch === null });
    // from the parsed parameters: an id in capitals names the same resource
    const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => String(input.params[name]));
    response.locals['resource'] = input.params['id'];
    const answer = await route.handle({
      ...input,
      actor,
      ifMatch: ifMatch ?? never,
      ifNoneMatch: parseIfNoneMatch(request.headers['if-none-match']),
      idempotencyKey:
        key === undefined ? undefined : { actor, key, requestHash: requestHash(request.method, path, body) },
      base,
      target: publicTarget(base, request.originalUrl),
      traceparent: startSpan(request, response, route),
    });
    // fault point: api.answering
    send(response, answer);
  };
};

/** Returns the trace context for what the request causes. */
const startSpan = ({ headers }: Request, response: Response, { method, path }: Route): string | undefined => {
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

/** Not `response.json`, which computes an ETag from the text: ours is the version, and the handler sets it. */
export const send = (
  response: Response,
  { status, body, headers = {} }: Answer,
  type = 'application/json; charset=utf-8',
): void => {
  const text = body === undefined ? undefined : JSON.stringify(body);
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (text !== undefined) {
    response.setHeader('Content-Type', type);
    response.setHeader('Content-Length', Buffer.byteLength(text));
  }
  response.end(text);
};
