import { request } from 'node:http';
import { connect } from 'node:net';
import { Registry } from 'prom-client';
import { z } from 'zod';
import { Conflict, Forbidden, NotFound, Unauthenticated, Unavailable } from '../src/errors.ts';
import { createHttpApp, createHttpServer, defineRoute } from '../src/http.ts';
import { createLogger } from '../src/log.ts';
import type { HttpAppOptions } from '../src/http/app.ts';
import { linkToNext } from '../src/http/route.ts';
import type { HttpServerOptions } from '../src/http/server.ts';

const Thing = z.object({ id: z.guid(), name: z.string() }).meta({ id: 'Thing' });
const params = z.object({ id: z.guid() });
const common = {
  tags: ['things'],
  summary: 'a thing',
  responses: { 200: { description: 'the thing', schema: Thing } },
};

export const id = '0194b0a0-0000-7000-8000-000000000001';

type Options = Partial<HttpAppOptions & HttpServerOptions> & { readonly level?: string };

const throwNamed: Readonly<Record<string, () => Error>> = {
  boom: () => new Error('a secret of ours'),
  missing: () => new NotFound('no such thing'),
  forbidden: () => new Forbidden('not yours'),
  conflict: () => new Conflict('invalid-transition', 'not now', { currentStatus: 'done', status: 'displaced' }),
  away: () => new Unavailable('away', { cause: new Error('ECONNREFUSED') }),
};

/** A server with a few routes; `gate` holds the answer of `POST /things {name: 'slow'}` back. */
export const startTestServer = async (options: Options = {}) => {
  const lines: string[] = [];
  const log = createLogger({
    service: 'kit',
    role: 'api',
    level: options.level ?? 'info',
    destination: { write: (line) => void lines.push(line) },
  });
  const arrived = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const registry = new Registry();
  const routes = [
    defineRoute({
      ...common,
      method: 'get',
      path: '/things/{id}',
      operationId: 'getThing',
      params,
      query: z.object({ limit: z.string().regex(/^\d+$/).transform(Number).default(20) }),
      problems: ['not-found'],
      handle: ({ params: { id: thing }, query, target }) =>
        Promise.resolve({
          status: 200,
          body: { id: thing, limit: query.limit },
          headers: { ETag: '"3"', ...linkToNext(target, 'next') },
        }),
    }),
    defineRoute({
      ...common,
      method: 'post',
      path: '/things',
      operationId: 'makeThing',
      body: z
        .strictObject({ name: z.string(), labels: z.record(z.string(), z.string()).optional() })
        .meta({ id: 'NewThing' }),
      problems: ['forbidden', 'invalid-transition', { status: 410, code: 'gone' }],
      handle: async ({ body, actor, base }) => {
        const error = throwNamed[body.name]?.();
        if (error) throw error;
        if (body.name === 'slow') {
          arrived.resolve();
          await gate.promise;
        }
        return { status: 201, body: { ...body, by: actor.userId }, headers: { Location: `${base}/things/${id}` } };
      },
    }),
    defineRoute({
      ...common,
      method: 'patch',
      path: '/things/{id}/start',
      operationId: 'startThing',
      params,
      handle: ({ ifMatch, body }) => Promise.resolve({ status: 200, body: { matches: ifMatch(3), body } }),
    }),
  ];
  const authenticate = (authorization: string | undefined) =>
    authorization === 'Bearer good'
      ? Promise.resolve({ actor: { userId: 'u1', roles: [], mentorProfileId: null }, expiresAt: Infinity })
      : Promise.reject(new Unauthenticated());
  const info = { title: 'Things <&>', version: '1.0.0' };
  const app = createHttpApp({ routes, authenticate, log, registry, openapi: { info }, ...options });
  const server = createHttpServer({ ...options, app, host: '127.0.0.1', port: 0, log });
  await server.start();
  return {
    url: server.url(),
    announceStop: () => server.announceStop?.(),
    stop: () => server.stop(),
    lines,
    registry,
    arrived: arrived.promise,
    release: gate.resolve,
  };
};

type Ask = { method?: string; headers?: Record<string, string>; body?: string | Buffer; chunked?: boolean };
export type Answer = { status: number; headers: Record<string, string>; text: string; json: Record<string, unknown> };

/** One request on a connection of its own, with a good token and JSON unless told otherwise. */
export const ask = (
  url: string,
  { method = 'GET', headers = {}, body, chunked = false }: Ask = {},
): Promise<Answer> => {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const length = body !== undefined && !chunked ? { 'Content-Length': String(Buffer.byteLength(body)) } : {};
  const all = {
    Authorization: 'Bearer good',
    ...(body && { 'Content-Type': 'application/json' }),
    ...length,
    ...headers,
  };
  const asking = request(url, { method, headers: all, agent: false }, (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    response.on('end', () => {
      const isJson = /json/.test(response.headers['content-type'] ?? '') && text !== '';
      const json = (isJson ? JSON.parse(text) : {}) as Record<string, unknown>;
      resolve({ status: response.statusCode ?? 0, headers: response.headers as Record<string, string>, text, json });
    });
  });
  asking.on('error', reject).end(body);
  return promise;
};

/** Bytes as they are; what came back until the server closed the connection. */
export const say = (url: string, bytes: string): Promise<string> => {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let text = '';
  const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(bytes));
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  socket.on('close', () => resolve(text)).on('error', reject);
  return promise;
};
