import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { createBookingsClient, createSessionsClient, eachItem, waitForSession, type ClientOptions } from './index.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

type Seen = { readonly method: string | undefined; readonly key: string | undefined; readonly body: string };

/** Answers each request with the next listener, and all further ones with the last. */
const answering = async (...listeners: RequestListener[]) => {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const listener = listeners[Math.min(seen.length, listeners.length - 1)]!;
      seen.push({ method: request.method, key: request.headers['idempotency-key'] as string | undefined, body });
      listener(request, response);
    });
  });
  servers.push(server);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  return { seen, baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
};

const respond =
  (status: number, body: string, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end(body);
const json = (value: unknown): RequestListener =>
  respond(200, JSON.stringify(value), { 'content-type': 'application/json' });
const problem = (status: number, code: string, headers = {}): RequestListener =>
  respond(status, JSON.stringify({ code, status }), { 'content-type': 'application/problem+json', ...headers });
const hangUp: RequestListener = (request) => request.socket.destroy();
const silence: RequestListener = () => undefined;
const half: RequestListener = (request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '99' });
  response.write('{"items":');
  setImmediate(() => request.socket.destroy());
};

const page = { items: [], nextCursor: null };
const given = (baseUrl: string, options: Partial<ClientOptions> = {}): ClientOptions => ({
  baseUrl,
  token: () => 'token',
  retries: 0,
  ...options,
});

const opaque: [string, RequestListener, string, number][] = [
  ['an empty 502', respond(502, '', { 'content-length': '0' }), 'bad-gateway', 502],
  ['an empty chunked 503', respond(503, ''), 'bad-gateway', 503],
  ['a page of HTML with 504', respond(504, '<html>', { 'content-type': 'text/html' }), 'bad-gateway', 504],
  [
    'JSON of another kind with 500',
    respond(500, '{"code":"X"}', { 'content-type': 'application/json' }),
    'bad-gateway',
    500,
  ],
  ['JSON null with 503', respond(503, 'null', { 'content-type': 'application/problem+json' }), 'bad-gateway', 503],
  ['a page of HTML with 413', respond(413, '<html>'), 'unexpected-response', 413],
  ['a page of HTML with 200', respond(200, '<html>'), 'unexpected-response', 200],
  ['an empty 200', respond(200, '', { 'content-length': '0' }), 'unexpected-response', 200],
  ['304', respond(304, ''), 'not-modified', 304],
  ['a closed connection', hangUp, 'network-error', 0],
  ['half a body', half, 'network-error', 0],
  ['no answer', silence, 'timeout', 0],
  ['our own problem', problem(409, 'invalid-transition'), 'invalid-transition', 409],
];

test.each(opaque)('%s is an error with a code', async (_, listener, code, status) => {
  const { baseUrl } = await answering(listener);
  const client = createBookingsClient(given(baseUrl, listener === silence ? { timeoutMs: 50 } : {}));
  const { data, error, response } = await client.GET('/bookings');
  expect([data, error?.code, error?.status, response.status]).toEqual([undefined, code, status, status]);
});

test('an unreachable host is an error with a code', async () => {
  const { error } = await createBookingsClient(given('http://127.0.0.1:1')).GET('/bookings');
  expect(error?.code).toBe('network-error');
});

test('a caller who aborts gets an error with a code, also between two attempts', async () => {
  const { baseUrl } = await answering(silence);
  const signal = AbortSignal.timeout(50);
  const { error } = await createBookingsClient(given(baseUrl, { retries: 9 })).GET('/bookings', { signal });
  expect(error?.code).toBe('aborted');
});

test('a write is repeated under one Idempotency-Key with the same body, and the next one has another', async () => {
  const { baseUrl, seen } = await answering(
    hangUp,
    problem(503, 'unavailable', { 'retry-after': '0' }),
    json({ id: 'x' }),
  );
  const client = createBookingsClient(given(baseUrl, { retries: 2 }));
  const body = { listingId: 'a', mentorProfileId: 'b', start: 'c', end: 'd' };
  expect((await client.POST('/bookings', { body })).data).toEqual({ id: 'x' });
  expect(seen.map((one) => [one.method, one.body])).toEqual(
    Array.from({ length: 3 }, () => ['POST', JSON.stringify(body)]),
  );
  expect(new Set(seen.map(({ key }) => key)).size).toBe(1);
  expect(seen[0]?.key).toMatch(/^[0-9a-f]{32}$/);
  await client.POST('/bookings', { body });
  await client.POST('/bookings', { body, params: { header: { 'Idempotency-Key': 'mine' } } });
  expect(new Set(seen.map(({ key }) => key)).size).toBe(3);
  expect(seen.at(-1)?.key).toBe('mine');
});

test.each([
  ['a refusal', problem(409, 'invalid-transition')],
  ['a long wait', problem(429, 'too-many-requests', { 'retry-after': '37' })],
])('%s is not repeated', async (_, listener) => {
  const { baseUrl, seen } = await answering(listener);
  await createBookingsClient(given(baseUrl, { retries: 2 })).GET('/bookings');
  expect(seen).toHaveLength(1);
});

test('eachItem reads page after page and throws the problem of one', async () => {
  const { baseUrl } = await answering(
    json({ items: [{ id: '1' }, { id: '2' }], nextCursor: 'c' }),
    json({ items: [{ id: '3' }], nextCursor: 'd' }),
    problem(401, 'unauthenticated'),
  );
  const client = createBookingsClient(given(baseUrl));
  const ids: string[] = [];
  const reading = async () => {
    for await (const { id } of eachItem((next) =>
      client.GET('/bookings', { params: { query: { limit: 2, ...next } } }),
    ))
      ids.push(id);
  };
  await expect(reading()).rejects.toMatchObject({ name: 'ApiError', problem: { code: 'unauthenticated' } });
  expect(ids).toEqual(['1', '2', '3']);
});

test('waitForSession waits while the session does not exist, and not longer than it may', async () => {
  const missing = problem(404, 'not-found', { 'retry-after': '1' });
  const soon = createSessionsClient(given((await answering(missing, missing, json({ id: 's' }))).baseUrl));
  expect(await waitForSession(soon, 's')).toEqual({ data: { id: 's' } });
  const never = createSessionsClient(given((await answering(missing)).baseUrl));
  expect((await waitForSession(never, 's', { timeoutMs: 200 })).error?.code).toBe('timeout');
  const refused = createSessionsClient(given((await answering(problem(403, 'forbidden'))).baseUrl));
  expect((await waitForSession(refused, 's')).error?.code).toBe('forbidden');
});

test('correct responses pass', async () => {
  const { baseUrl } = await answering(json(page));
  expect((await createBookingsClient(given(baseUrl)).GET('/bookings')).data).toEqual(page);
});
