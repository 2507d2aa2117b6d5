import { randomUUID } from 'node:crypto';
import { Agent, request as send } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { launchChromium } from '@mentor-sessions/lab/chromium';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { freePort, freePorts } from '@mentor-sessions/local-stack/ports';
import { serviceEnvironment, startRole, type RoleProcess } from '@mentor-sessions/local-stack/roles';
import { bookingRequest, mentee, mentor } from '../e2e/bookings.ts';
import { steadyLoad } from '../e2e/load.ts';
import { startProxy, type ProxyKind, type Targets } from './documented-proxy.ts';

type Answer = { readonly status: number; readonly headers: Record<string, string>; readonly body: any }; // eslint-disable-line @typescript-eslint/no-explicit-any -- JSON of many shapes
type Ask = { method?: string; headers?: Record<string, string>; body?: object; from?: string; agent?: Agent };

const PER_MINUTE = 6;

/** Accepts compression, as browsers do. */
const ask = (url: URL | string, { method = 'GET', headers = {}, body, from, agent }: Ask = {}): Promise<Answer> => {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const all = { 'Accept-Encoding': 'gzip', ...(body && { 'Content-Type': 'application/json' }), ...headers };
  const asking = send(url, { method, headers: all, localAddress: from, agent: agent ?? false }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
    response.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const text = (response.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString();
      const isJson = /json/.test(response.headers['content-type'] ?? '') && text !== '';
      const status = response.statusCode ?? 0;
      resolve({ status, headers: response.headers as Record<string, string>, body: isJson ? JSON.parse(text) : text });
    });
  });
  asking.on('error', reject).end(body && JSON.stringify(body));
  return promise;
};

describe.each<ProxyKind>(['nginx', 'haproxy'])('behind %s, as the operators’ guide configures it', (kind) => {
  let stack: TestStack;
  let proxy: Awaited<ReturnType<typeof startProxy>>;
  let bookingsUrl: string;
  let sessionsUrl: string;
  let bearer: Record<'mentor' | 'mentee', Record<string, string>>;
  let apis: Record<string, RoleProcess>;
  const workers: Record<string, RoleProcess> = {};
  let startWorker: (name: string) => Promise<RoleProcess>;
  let start: (name: string) => Promise<RoleProcess>;

  beforeAll(async () => {
    stack = await createTestStack();
    const port = await freePort();
    const names = ['bookings-1', 'bookings-2', 'sessions-1', 'sessions-2'];
    const ports = await freePorts(2 * names.length);
    const targets: Targets = Object.fromEntries(
      names.map((name, n) => [name, { port: ports[2 * n]!, adminPort: ports[2 * n + 1]! }]),
    );
    [bookingsUrl, sessionsUrl] = ['bookings', 'sessions'].map(
      (service) => `http://127.0.0.1:${port}/mentoring/${service}-api`,
    ) as [string, string];
    const envOf = (service: 'bookings' | 'sessions') => ({
      ...serviceEnvironment({ ...stack[service], auth: stack.auth }),
      SESSIONS_URL: sessionsUrl,
      PUBLIC_URL: service === 'bookings' ? bookingsUrl : sessionsUrl,
      TRUST_PROXY: '1',
      SHUTDOWN_DELAY: '2',
      ...(service === 'sessions' && { RATE_LIMIT_PER_MINUTE: String(PER_MINUTE) }),
    });
    start = async (name) => {
      const service = name.startsWith('bookings') ? 'bookings' : 'sessions';
      const { port: own, adminPort } = targets[name]!;
      const env = { ...envOf(service), PORT: String(own), ADMIN_PORT: String(adminPort) };
      const started = await startRole({ service, role: 'api', env });
      await started.waitReady();
      return started;
    };
    // a single one of sessions: the limit is per process
    apis = Object.fromEntries(
      await Promise.all(names.slice(0, 3).map(async (name) => [name, await start(name)] as const)),
    );
    startWorker = async (name) => {
      const [service, role] = name.split(' ') as ['bookings' | 'sessions', 'relay' | 'consumer'];
      const started = await startRole({ service, role, env: envOf(service) });
      await started.waitReady();
      return started;
    };
    for (const name of ['bookings relay', 'sessions consumer', 'sessions relay', 'bookings consumer'])
      workers[name] = await startWorker(name);
    proxy = await startProxy(kind, port, targets);
    const tokenOf = async (claims: typeof mentor | typeof mentee) => ({
      Authorization: `Bearer ${await stack.token(claims)}`,
    });
    bearer = { mentor: await tokenOf(mentor), mentee: await tokenOf(mentee) };
  }, 120_000);
  afterAll(async () => {
    await proxy.end();
    await Promise.all([...Object.values(apis), ...Object.values(workers)].map((role) => role.end('SIGTERM', 12_000)));
    await stack.close();
  }, 60_000);

  const create = (more: Ask = {}) =>
    ask(`${bookingsUrl}/bookings`, { method: 'POST', body: bookingRequest(), headers: bearer.mentee, ...more });

  test('an ETag that was read is accepted, and Location, Link and problem types resolve', async () => {
    const made = await create();
    expect(made.status).toBe(201);
    const location = new URL(made.headers['location']!, bookingsUrl);
    const read = await ask(location, { headers: bearer.mentor });
    expect([read.status, read.headers['content-encoding'], read.headers['etag']]).toEqual([200, 'gzip', 'W/"1"']);
    const tag = read.headers['etag']!;
    const again = await ask(location, { headers: { ...bearer.mentor, 'If-None-Match': tag } });
    expect([again.status, again.body]).toEqual([304, '']);

    await create();
    const list = await ask(`${bookingsUrl}/bookings?limit=1`, { headers: bearer.mentee });
    const next = /^<([^>]+)>; rel="next"$/.exec(list.headers['link']!)![1]!;
    const second = await ask(new URL(next, bookingsUrl), { headers: bearer.mentee });
    expect([second.status, second.body.items.length]).toEqual([200, 1]);

    const key = { 'Idempotency-Key': randomUUID() };
    const accept = (headers: Record<string, string>) =>
      ask(`${location.href}/accept`, { method: 'PATCH', headers: { ...bearer.mentor, ...headers } });
    const stale = await accept({ 'If-Match': 'W/"7"' });
    expect(stale.status).toBe(412);
    expect((await ask(new URL(stale.body.type, bookingsUrl))).status).toBe(200);
    const accepted = await accept({ 'If-Match': tag, ...key });
    expect([accepted.status, accepted.body.status]).toEqual([200, 'accepted']);
    const repeated = await accept({ 'If-Match': tag, ...key });
    expect([repeated.status, repeated.headers['idempotent-replayed']]).toEqual([200, 'true']);
    const session = /^<([^>]+)>; rel="session"$/.exec(accepted.headers['link']!)![1]!;
    expect(session).toContain(sessionsUrl);
    const isThere = async () => (await ask(session, { headers: bearer.mentee })).status === 200;
    await eventually(isThere, { every: 500, describe: 'the session is there' });
  });

  test('the longest headers pass: a page that links to the next with a hundred ids, and a token of 8,192 characters', async () => {
    const own = { ...mentee, userId: randomUUID() };
    const tokenOf = (name: string) => stack.token({ ...own, name });
    const short = await tokenOf('');
    // three characters of a claim are four of the token
    const token = await tokenOf('x'.repeat(Math.floor(((8_192 - short.length) * 3) / 4) - 12));
    expect(token.length).toBeGreaterThan(8_160);
    const headers = { Authorization: `Bearer ${token}` };
    const made = await Promise.all([create({ headers }), create({ headers })]);
    const others = Array.from({ length: 98 }, () => randomUUID());
    const ids = [...made.map(({ body }) => body.id as string), ...others].join(',');
    const page = await ask(`${bookingsUrl}/bookings?ids=${ids}&limit=1`, { headers });
    expect([page.status, page.body.items?.length]).toEqual([200, 1]);
    expect(page.headers['link']).toContain(others.at(-1));
  });

  test('the docs page loads everything and tries requests out', async () => {
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      const failed: string[] = [];
      page.on('response', (response) => response.status() >= 400 && failed.push(response.url()));
      page.on('pageerror', (error) => failed.push(String(error)));
      await page.goto(`${bookingsUrl}/docs`);
      await page.locator('.opblock').first().waitFor();
      expect(failed).toEqual([]);
      await page.locator('#operations-bookings-listBookings .opblock-summary-control').click();
      const answered = page.waitForResponse((response) => response.url().startsWith(`${bookingsUrl}/bookings`));
      await page.locator('#operations-bookings-listBookings .execute').click();
      expect((await answered).status()).toBe(401); // without a token
    } finally {
      await browser.close();
    }
  }, 60_000);

  test('each client address has its own limit, and none can choose its address', async () => {
    const strangers = (from: string) =>
      ask(`${sessionsUrl}/sessions`, { from, headers: { 'X-Forwarded-For': `203.0.113.${Math.random()}` } });
    const statuses: number[] = [];
    for (let n = 0; n <= PER_MINUTE; n += 1) statuses.push((await strangers('127.0.0.2')).status);
    expect(statuses).toEqual([...Array.from({ length: PER_MINUTE }, () => 401), 429]);
    expect((await strangers('127.0.0.3')).status).toBe(401);
  });

  test('no caller fails while every role is restarted in turn under load', async () => {
    const agent = new Agent({ keepAlive: true });
    const outcomes = new Map<string, number>();
    const count = async (what: string, asked: Promise<Answer>): Promise<Answer | undefined> => {
      const answer = await asked.catch((error: unknown) => void outcomes.set(`${what} ${String(error)}`, 1));
      const outcome = `${what} ${answer?.status}`;
      if (answer) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      return answer;
    };
    // as the guide recommends: a write that the proxy answers with 502 is retried with its key
    let repeated = 0;
    const write = async (asked: (key: Record<string, string>) => Promise<Answer>): Promise<Answer> => {
      const key = { 'Idempotency-Key': randomUUID() };
      const first = await asked(key);
      if (first.status !== 502) return first;
      repeated += 1;
      return asked(key);
    };
    const load = steadyLoad(6, async () => {
      const creating = write((key) => create({ agent, headers: { ...bearer.mentee, ...key } }));
      const made = await count('create', creating);
      const location = new URL(made?.headers['location'] ?? '/', bookingsUrl);
      const read = await count('read', ask(location, { headers: bearer.mentor, agent }));
      const headers = { ...bearer.mentee, 'If-Match': read?.headers['etag'] ?? '*' };
      const cancelling = write((key) =>
        ask(`${location.href}/cancel`, { method: 'PATCH', headers: { ...headers, ...key }, agent }),
      );
      await count('cancel', cancelling);
    });
    const restarts = ['bookings-1', 'bookings-2', 'bookings-1', 'bookings-2'];
    for (const name of restarts) {
      await apis[name]!.end('SIGTERM', 12_000);
      apis[name] = await start(name);
      const before = outcomes.get('read 200') ?? 0;
      await eventually(() => (outcomes.get('read 200') ?? 0) > before + 200, { describe: 'load goes on' });
    }
    for (const name of Object.keys(workers)) {
      await workers[name]!.end('SIGTERM', 12_000);
      workers[name] = await startWorker(name);
    }
    await load.stop();
    agent.destroy();
    // if a connection is refused or reset before anything was sent, the request goes to the other API
    const elsewhere = /connect\(\) failed \(\d+: Connection (?:refused|reset by peer)\) while connecting/;
    // and so does a read that was sent to a closing connection: reads may be sent twice
    const isExplained = (line: string): boolean => elsewhere.test(line) || line.includes('request: "GET ');
    const complaints = proxy
      .log()
      .split('\n')
      .filter((line) => /error/.test(line) && !isExplained(line));
    expect([...outcomes.keys()].toSorted()).toEqual(['cancel 200', 'create 201', 'read 200']);
    expect(complaints).toHaveLength(repeated);
    expect(repeated).toBeLessThanOrEqual(kind === 'nginx' ? restarts.length : 0); // one at the moment of each close
  }, 120_000);
});
