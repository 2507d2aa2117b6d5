import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import { ask, id, say, startTestServer, type Answer } from '../../test/test-app.ts';

let server: Awaited<ReturnType<typeof startTestServer>>;
const start = async (options: Parameters<typeof startTestServer>[0]) => (server = await startTestServer(options));
afterEach(() => server.stop());

const folder = mkdtempSync(join(tmpdir(), 'proxies-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('behind a path, in PUBLIC_URL', () => {
  const page = join(folder, 'page.html');
  writeFileSync(page, '<a href="/docs">API</a>');
  const behind = () =>
    start({ publicUrl: 'https://api.example.com/mentoring', files: { '/page': pathToFileURL(page).href } });
  const links = (text: string) => [...text.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, link]) => link!);

  test('every link begins with it: Location, Link, problems, their pages, the docs and what they load', async () => {
    const { url } = await behind();
    const made = await ask(`${url}/things`, { method: 'POST', body: '{"name":"a"}' });
    expect(made.headers['location']).toBe(`/mentoring/things/${id}`);
    const read = await ask(`${url}/things/${id}?limit=2`);
    expect(read.headers['link']).toBe(`</mentoring/things/${id}?limit=2&cursor=next>; rel="next"`);
    const missing = await ask(`${url}/nothing`);
    expect(missing.json).toMatchObject({ type: '/mentoring/problems/not-found', instance: '/mentoring/nothing' });
    expect(await say(url, 'nonsense\r\n\r\n')).toContain('"type":"/mentoring/problems/malformed-request"');
    const found = new Set<string>();
    for (const path of ['/docs', '/problems', '/problems/not-found', '/page']) {
      const inPage = links((await ask(url + path)).text);
      expect(inPage.length).toBeGreaterThan(0);
      for (const link of inPage) found.add(link);
    }
    for (const link of found) {
      expect(link).toMatch(/^\/mentoring\//);
      // as a proxy asks that removes the prefix
      expect([link, (await ask(url + link.replace('/mentoring', ''))).status]).toEqual([link, 200]);
    }
    expect((await ask(`${url}/docs/start.js`)).text).toContain("url: '/mentoring/openapi.json'");
    expect((await ask(`${url}/openapi.json`)).json['servers']).toEqual([{ url: 'https://api.example.com/mentoring' }]);
    expect((await ask(url)).json).toMatchObject({ docs: '/mentoring/docs', pages: ['/mentoring/page'] });
  });

  test('nothing follows from what a request says about its host or prefix', async () => {
    const { url } = await start({});
    const headers = {
      Host: 'evil.example',
      Forwarded: 'host=evil.example;proto=https',
      'X-Forwarded-Host': 'evil.example',
      'X-Forwarded-Prefix': '/evil',
      'X-Forwarded-Proto': 'evil',
      'X-Original-URL': '/evil',
      'X-Script-Name': '/evil',
    };
    for (const path of [`/things/${id}`, '/nothing', '/', '/docs', '/docs/start.js', '/openapi.json', '/problems']) {
      const { text, headers: answered } = await ask(url + path, { headers });
      expect(text + JSON.stringify(answered)).not.toContain('evil');
    }
    // a request line may carry a whole URL
    const raw = await say(url, `GET http://evil.example/things/${id} HTTP/1.0\r\nAuthorization: Bearer good\r\n\r\n`);
    expect(raw).toContain(`Link: </things/${id}?cursor=next>`);
    expect(raw).not.toContain('evil');
  });
});

describe('the address of a caller', () => {
  const unauthenticated = async (forwarded?: string): Promise<string> => {
    const headers = { Authorization: '', ...(forwarded && { 'X-Forwarded-For': forwarded }) };
    const { json } = await ask(`${server.url}/things/${id}`, { headers });
    return String(json['code']);
  };
  const seenIn = (lines: readonly string[]) =>
    lines.flatMap((line) => (JSON.parse(line) as { address?: string }).address ?? []);

  test('is that of the connection, whatever a header says, unless proxies are trusted', async () => {
    await start({ ratePerMinute: 2, level: 'debug' });
    for (const n of [1, 2]) expect(await unauthenticated(`203.0.113.${n}`)).toBe('unauthenticated');
    expect(await unauthenticated('203.0.113.3')).toBe('too-many-requests');
    expect(new Set(seenIn(server.lines))).toEqual(new Set(['127.0.0.1']));
  });

  test.each([
    ['one proxy', 1, '203.0.113.9'],
    ['one proxy, before which the client made up another', 1, 'made-up, 10.0.0.1, 203.0.113.9'],
    ['two proxies', 2, '198.51.100.7, 203.0.113.9, 10.1.2.3'],
    ['proxies of these networks', ['127.0.0.0/8', '10.0.0.0/8'], '198.51.100.7, 203.0.113.9, 10.1.2.3'],
    ['a proxy that adds the port', 1, '203.0.113.9:4711'],
  ])('is what %s say', async (_what, trustProxy, forwarded) => {
    await start({ ratePerMinute: 2, trustProxy, level: 'debug' });
    for (let n = 0; n < 2; n += 1) expect(await unauthenticated(forwarded)).toBe('unauthenticated');
    expect(await unauthenticated(forwarded)).toBe('too-many-requests');
    expect(new Set(seenIn(server.lines))).toEqual(new Set(['203.0.113.9']));
    // others are not limited with it
    expect(await unauthenticated(forwarded.replace('203.0.113.9', '203.0.113.10'))).toBe('unauthenticated');
  });

  test.each(['unknown', '_hidden', ''])('is that of the proxy when it says %p', async (forwarded) => {
    await start({ trustProxy: 1, level: 'debug' });
    await unauthenticated(forwarded);
    expect(seenIn(server.lines)).toEqual(['127.0.0.1']);
  });

  test('is one network for IPv6, however the proxy writes it', async () => {
    await start({ ratePerMinute: 2, trustProxy: 1 });
    for (const address of ['2001:db8::1', '[2001:db8::2]:443'])
      expect(await unauthenticated(address)).toBe('unauthenticated');
    expect(await unauthenticated('[2001:db8::3]')).toBe('too-many-requests');
  });
});

describe('CORS', () => {
  const origins = ['https://app.example.com', 'https://admin.example.com'];
  const originIn = ({ headers }: Answer) => headers['access-control-allow-origin'];
  const rawOrigin = (response: string) => /^Access-Control-Allow-Origin: (.*)\r$/m.exec(response)?.[1];

  test('allows what tracing and monitoring add, and configured headers', async () => {
    const { url } = await start({ corsOrigins: origins, corsHeaders: ['X-App-Version'] });
    const headers = { Origin: origins[0]!, 'Access-Control-Request-Method': 'GET' };
    const answer = await ask(`${url}/things`, { method: 'OPTIONS', headers });
    const allowed = answer.headers['access-control-allow-headers']?.toLowerCase().split(', ');
    const sent = ['traceparent', 'tracestate', 'baggage', 'sentry-trace', 'x-requested-with', 'b3', 'x-b3-traceid'];
    for (const name of [...sent, 'if-none-match', 'x-app-version']) expect(allowed).toContain(name);
  });

  test('is on every response, also on those that never reach a route', async () => {
    const { url } = await start({ corsOrigins: origins });
    const headers = { Origin: origins[1]! };
    for (const path of ['/nothing', '/things/%zz', `/things/${id}`, '/docs'])
      expect(originIn(await ask(url + path, { headers }))).toBe(origins[1]);
    const { status } = await ask(`${url}/things`, { headers: { ...headers, Expect: 'something' } });
    expect(status).toBe(405);
    const origin = `Origin: ${origins[1]}\r\n`;
    for (const request of [
      `GET / HTTP/1.1\r\nConnection: close\r\n${origin}\r\n`, // without Host
      `GET / HTTP/1.1\r\nHost: a\r\n${origin}Bad header\r\n\r\n`,
      `GET / HTTP/1.1\r\nHost: a\r\n${origin}X-Large: ${'a'.repeat(20_000)}\r\n\r\n`,
      `CONNECT a:1 HTTP/1.1\r\nHost: a\r\n${origin}\r\n`,
    ]) {
      const response = await say(url, request.replace('Host: a', 'Host: a\r\nConnection: close'));
      expect([response.slice(9, 12), rawOrigin(response)]).toEqual([expect.stringMatching(/^4/), origins[1]]);
      expect(response).toMatch(/^Vary: Origin\r$/m);
    }
    const others = await say(url, 'GET / HTTP/1.1\r\nOrigin: https://evil.example\r\nBad header\r\n\r\n');
    expect(rawOrigin(others)).toBeUndefined();
  });

  test('is on a timeout as well: for the first origin, as the request’s own is unknown', async () => {
    const { url } = await start({ corsOrigins: origins });
    const response = await say(url, 'GET / HTTP/1.1\r\nHost: a\r\nOrig');
    expect([response.slice(9, 12), rawOrigin(response)]).toEqual(['408', origins[0]]);
  }, 20_000);

  test('is absent without configuration', async () => {
    const { url } = await start({});
    const response = await say(url, 'GET / HTTP/1.1\r\nOrigin: https://app.example.com\r\nBad header\r\n\r\n');
    expect(response).toContain('400');
    expect(response).not.toMatch(/access-control/i);
  });
});

test('an idle connection stays open for the configured time', async () => {
  const { url } = await start({ keepAliveMs: 600_000 });
  const answer = await ask(url, { headers: { Connection: 'keep-alive' } });
  expect(answer.headers['keep-alive']).toBe('timeout=600');
});
