import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { ask, id, say, startTestServer, type Answer } from '../../test/test-app.ts';

let server: Awaited<ReturnType<typeof startTestServer>>;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.stop());

const post = (body: string | Buffer, more: object = {}) =>
  ask(`${server.url}/things`, { method: 'POST', body, ...more });
const big = 'a'.repeat(65_537);

const expectProblem = (answer: Answer, status: number, code: string) => {
  expect({ status: answer.status, code: answer.json['code'] }).toEqual({ status, code });
  expect(answer.headers['content-type']).toBe('application/problem+json');
  expect(answer.json).toMatchObject({
    type: `/problems/${code}`,
    status,
    title: expect.any(String),
    detail: expect.any(String),
    requestId: answer.headers['x-request-id'],
  });
};

describe('the checks come in order', () => {
  const nobody = { Authorization: '' };
  const text = { 'Content-Type': 'text/plain' };
  test.each([
    ['no such route, before all else', '/nothing', { method: 'PUT', headers: nobody }, 404, 'not-found'],
    ['an undecodable path', '/things/%E0%A4%A', {}, 404, 'not-found'],
    ['another case of the path', '/Things', { method: 'POST' }, 404, 'not-found'],
    ['a wrong method, before the token', '/things', { method: 'DELETE', headers: nobody }, 405, 'method-not-allowed'],
    [
      'no token, before a large body',
      '/things',
      { method: 'POST', headers: nobody, body: big },
      401,
      'unauthenticated',
    ],
    [
      'a large body, before its type',
      '/things',
      { method: 'POST', headers: text, body: big },
      413,
      'payload-too-large',
    ],
    ['a large body in chunks', '/things', { method: 'POST', body: big, chunked: true }, 413, 'payload-too-large'],
    [
      'a wrong type, before the JSON',
      '/things',
      { method: 'POST', headers: text, body: '{' },
      415,
      'unsupported-media-type',
    ],
    ['a body that is not JSON', '/things', { method: 'POST', body: '{' }, 400, 'malformed-json'],
    ['a wrong shape', '/things', { method: 'POST', body: '{}' }, 400, 'validation-failed'],
    ['what the handler throws', '/things', { method: 'POST', body: '{"name":"missing"}' }, 404, 'not-found'],
  ])('%s', async (_what, path, request, status, code) => {
    expectProblem(await ask(server.url + path, request), status, code);
  });
});

describe('a body', () => {
  test.each([
    ['application/json; charset=utf-8', 201],
    ['Application/JSON; charset="UTF-8"', 201],
    ['application/json; charset=latin1', 415],
    ['application/problem+json', 415],
    ['text/json', 415],
  ])('of type %s is answered %i', async (type, status) => {
    expect((await post('{"name":"a"}', { headers: { 'Content-Type': type } })).status).toBe(status);
  });

  test('that is compressed is refused', async () => {
    expectProblem(await post('x', { headers: { 'Content-Encoding': 'gzip' } }), 415, 'unsupported-media-type');
  });

  test('that is not UTF-8 is malformed', async () => {
    expectProblem(await post(Buffer.from('{"name":"\xff"}', 'latin1')), 400, 'malformed-json');
  });

  test('of exactly 64 KiB is taken', async () => {
    const name = 'a'.repeat(65_536 - '{"name":""}'.length);
    expect((await post(JSON.stringify({ name }))).status).toBe(201);
  });

  test.each(['{"name":"a","labels":{"__proto__":"x"}}', '{"name":"a","\\u005f_proto__":{"admin":true}}'])(
    'cannot reach a prototype: %s',
    async (body) => {
      expectProblem(await post(body), 400, 'validation-failed');
      expect({}).not.toHaveProperty('admin');
    },
  );

  test('may be nested deeply', async () => {
    expectProblem(await post('['.repeat(30_000) + ']'.repeat(30_000)), 400, 'validation-failed');
  });

  test('of a transition is none, or {}', async () => {
    const start = (body?: string) =>
      ask(`${server.url}/things/${id}/start`, { method: 'PATCH', ...(body && { body }) });
    expect((await start()).status).toBe(200);
    expect((await start('{}')).status).toBe(200);
    const refused = await start('{"force":true}');
    expect(refused.json['errors']).toEqual([{ path: 'body.force', message: 'is not known', code: 'unknown' }]);
  });
});

describe('errors of path, query and body', () => {
  test('are reported together, with their places', async () => {
    const answer = await ask(`${server.url}/things/x?limit=y&__proto__=1&limit2=3`);
    const errors = answer.json['errors'] as { path: string }[];
    expect(errors.map(({ path }) => path)).toEqual(['path.id', 'query.limit', 'query.__proto__', 'query.limit2']);
  });

  test('include a parameter that is given twice', async () => {
    expectProblem(await ask(`${server.url}/things/${id}?limit=1&limit=2`), 400, 'validation-failed');
  });
});

describe('an answer', () => {
  test('has the ETag of the version, no other, and HEAD has its headers without the body', async () => {
    const url = `${server.url}/things/${id}?limit=5`;
    const got = await ask(url);
    expect(got.json).toEqual({ id, limit: 5 });
    expect(got.headers).toMatchObject({
      etag: '"3"',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const head = await ask(url, { method: 'HEAD' });
    expect({ status: head.status, text: head.text, length: head.headers['content-length'] }).toEqual({
      status: 200,
      text: '',
      length: got.headers['content-length'],
    });
    expect((await post('{"name":"a"}')).headers['etag']).toBeUndefined();
  });

  test('gives a browser no powers, whatever it is', async () => {
    const powers = {
      'content-security-policy': "default-src 'none';frame-ancestors 'none'",
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'origin-agent-cluster': '?1',
      'referrer-policy': 'no-referrer',
      'strict-transport-security': 'max-age=31536000; includeSubDomains',
      'x-content-type-options': 'nosniff',
      'x-dns-prefetch-control': 'off',
      'x-download-options': 'noopen',
      'x-frame-options': 'DENY',
      'x-permitted-cross-domain-policies': 'none',
      'x-xss-protection': '0',
    };
    for (const path of [`/things/${id}`, '/nothing', '/'])
      expect((await ask(`${server.url}${path}`)).headers).toMatchObject(powers);
  });

  test('returns a valid request id, and replaces any other', async () => {
    const id = async (given: string) =>
      (await ask(`${server.url}/nothing`, { headers: { 'X-Request-Id': given } })).headers['x-request-id'];
    expect(await id('req-1:a/b')).toBe('req-1:a/b');
    expect(await id('two words')).toMatch(/^[0-9a-f-]{14}7/);
    expect(await id('a'.repeat(129))).toMatch(/^[0-9a-f-]{14}7/);
  });

  test('allows GET and HEAD where only they are', async () => {
    const answer = await ask(`${server.url}/things/${id}`, { method: 'POST', body: '{}' });
    expect(answer.headers['allow']).toBe('GET, HEAD');
  });
});

describe('an error', () => {
  test('that is unexpected is 500 without its text, which is logged with the request id', async () => {
    const answer = await post('{"name":"boom"}');
    expectProblem(answer, 500, 'internal');
    expect(answer.text).not.toContain('secret');
    const line = server.lines.find((text) => text.includes('a secret of ours'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ level: 'error', requestId: answer.headers['x-request-id'] });
  });

  test('brings its own members, which cannot displace the standard ones', async () => {
    const answer = await post('{"name":"conflict"}');
    expectProblem(answer, 409, 'invalid-transition');
    expect(answer.json).toMatchObject({ currentStatus: 'done', instance: '/things' });
  });

  test('of an unavailable database is 503 with Retry-After', async () => {
    const answer = await post('{"name":"away"}');
    expectProblem(answer, 503, 'unavailable');
    expect(answer.headers['retry-after']).toBe('1');
  });
});

describe('requests that Node refuses get a problem document, too', () => {
  test.each([
    ['garbage', 'GARBAGE\r\n\r\n', 400, 'malformed-request'],
    ['too many headers', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431, 'headers-too-large'],
    [
      'a broken chunk',
      'POST /things HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer good\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n',
      400,
      'malformed-request',
    ],
    ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 405, 'method-not-allowed'],
    ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n', 400, 'malformed-request'],
    ['half a request', 'GET / HTTP/1.1\r\nHost: a\r\n', 408, 'request-timeout'],
  ])('%s', async (_what, bytes, status, code) => {
    const [head = '', body = ''] = (await say(server.url, bytes)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(head).toContain('Content-Type: application/problem+json');
    const document = JSON.parse(body) as Record<string, unknown>;
    expect(document).toMatchObject({ status, code });
    expect(head).toContain(`X-Request-Id: ${String(document['requestId'])}`);
  });
});

test('another version of HTTP than 1.0 and 1.1 is refused, although the parser takes it', async () => {
  for (const version of ['', ' HTTP/0.9', ' HTTP/2.0'])
    expect(await say(server.url, `GET /${version}\r\nHost: h\r\nConnection: close\r\n\r\n`)).toContain(
      '"code":"malformed-request"',
    );
  expect(await say(server.url, 'GET / HTTP/1.0\r\n\r\n')).toContain(' 200 OK');
});

test('a second question mark belongs to the name of a parameter', async () => {
  expect((await ask(`${server.url}/things/${id}??limit=1`)).status).toBe(400);
});

test('two Authorization headers count as none, whichever is valid', async () => {
  const good = 'Authorization: Bearer good\r\n';
  for (const two of [good + good, `${good}Authorization: Bearer bad\r\n`, `authorization: Bearer bad\r\n${good}`])
    expect(await say(server.url, `GET /things/${id} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${two}\r\n`)).toContain(
      '"code":"unauthenticated"',
    );
});

test('a client that disconnects during its request or before the response causes no error in the log', async () => {
  const head = 'POST /things HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer good\r\nContent-Type: application/json\r\n';
  const open = (text: string) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => socket.write(text));
    return socket;
  };
  const waiting = open(`${head}Content-Length: 15\r\n\r\n{"name":"slow"}`);
  await server.arrived;
  const sending = open(`${head}Content-Length: 99\r\nExpect: 100-continue\r\n\r\n{`);
  await once(sending, 'data'); // 100: the app has the request
  waiting.destroy();
  sending.destroy();
  const left = /count\{method="POST",route="\/things",status="499"\} 2/;
  await eventually(async () => left.test(await server.registry.metrics()), { describe: 'both have left' });
  server.release();
  await server.stop();
  expect(server.lines.filter((line) => /"level":"(warn|error)"/.test(line))).toEqual([]);
});

describe('the documents', () => {
  test('need no token: links, OpenAPI, and a page with our own scripts alone', async () => {
    const noToken = { headers: { Authorization: '' } };
    expect((await ask(`${server.url}/`, noToken)).json).toMatchObject({ docs: '/docs', openapi: '/openapi.json' });
    const page = await ask(`${server.url}/docs`, noToken);
    expect(page.headers['content-security-policy']).toContain(`script-src 'self';style-src 'self'`);
    expect(page.text).toContain('<title>Things &#60;&#38;&#62;</title>');
    const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? '');
    expect(files).toHaveLength(7);
    for (const file of files) expect((await ask(server.url + file, noToken)).status).toBe(200);
  });

  test('explain each problem at the URL of its type', async () => {
    const list = await ask(`${server.url}/problems`, { headers: { Authorization: '' } });
    expect(list.headers['content-security-policy']).toContain(`default-src 'none'`);
    const pages = [...list.text.matchAll(/href="(\/problems\/[^".]+)"/g)].map(([, path]) => path ?? '');
    expect(pages.length).toBeGreaterThan(15);
    expect(pages).toEqual(expect.arrayContaining(['/problems/gone', '/problems/malformed-request']));
    for (const path of pages) {
      const { status, text } = await ask(server.url + path);
      expect([status, /Cause.*What to do/s.test(text), /https?:/.test(text)]).toEqual([200, true, false]);
    }
    const { json } = await ask(`${server.url}/nowhere`);
    expect(pages).toContain(json['type']);
    expect((await ask(`${server.url}/problems/nothing`)).status).toBe(404);
  });

  test('describe every route and its problems', async () => {
    const { json } = await ask(`${server.url}/openapi.json`);
    expect(json['openapi']).toBe('3.1.0');
    const paths = json['paths'] as Record<string, Record<string, { responses: object; requestBody?: object }>>;
    expect(Object.keys(paths)).toEqual(['/things/{id}', '/things', '/things/{id}/start']);
    const statuses = Object.keys(paths['/things']?.['post']?.responses ?? {});
    expect(statuses).toEqual(['200', '400', '401', '403', '409', '410', '413', '415', '422', '429', '500', '503']);
    expect(json['components']).toHaveProperty('schemas.Thing');
    expect(json['components']).toHaveProperty('securitySchemes.bearer');
  });
});
