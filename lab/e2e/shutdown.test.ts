import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ApiClient } from '@mentor-sessions/lab/api-client';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import type { RoleProcess } from '@mentor-sessions/local-stack/roles';
import { subscribe } from '@mentor-sessions/local-stack/subscriber';
import { acceptedBooking, bookingRequest, mentee } from './bookings.ts';
import type { Promised } from './bookings.ts';
import { inParallel, steadyLoad } from './load.ts';
import { expectKept } from './outcome.ts';
import { stubbornClients } from './stubborn-clients.ts';
import type { Clients } from './stubborn-clients.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
}, 60_000);
afterAll(() => world.close(), 60_000);

/** The promise is exit code 0: a process that takes too long to stop exits with 1 by itself. */
const expectCleanExit = async (process: RoleProcess): Promise<void> => {
  const exit = await process.exited;
  const lastWords = process.log().trimEnd().split('\n').slice(-5).join('\n');
  expect({ exit, lastWords }).toEqual({ exit: 0, lastWords });
};
const expectToStop = async (process: RoleProcess): Promise<void> => {
  process.signal('SIGTERM');
  await expectCleanExit(process);
};

/** Like a load balancer: sends no further requests once the process is unready, which it reports before it stops listening. */
const expectToStopBehindBalancer = async (api: RoleProcess, clients: Clients): Promise<void> => {
  api.signal('SIGTERM');
  await eventually(async () => (await fetch(`${api.adminUrl}/readyz`)).status === 503, { every: 10 });
  clients.leave();
  await expectCleanExit(api);
};

const metric = async ({ adminUrl }: RoleProcess, line: string): Promise<number> => {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((one) => one.startsWith(`${line} `))
      ?.split(' ')[1] ?? 0,
  );
};

describe('an api that is stopped under load, behind a balancer, answers every request', () => {
  test('bookings', async () => {
    const api = await world.start('bookings api', { env: { SHUTDOWN_DELAY: '1' } });
    await api.waitReady();
    const token = await world.stack.token(mentee);
    const clients = stubbornClients(api.url, 12, () => ({
      method: 'POST',
      path: '/bookings',
      token,
      body: bookingRequest(),
    }));
    await eventually(() => clients.answered.length > 100, { within: 30_000, describe: 'the load is under way' });
    await expectToStopBehindBalancer(api, clients);
    await clients.done;
    expect(clients.failed).toEqual([]);
    expect(new Set(clients.answered.map(({ status }) => status))).toEqual(new Set([201]));
    const ids = clients.answered.map(({ body }) => body.id).toSorted();
    const rows = await world.rows.bookings.query('select id from bookings order by id');
    expect(rows.map((row) => row['id'])).toEqual(ids);
  }, 60_000);

  test('sessions', async () => {
    const api = await world.start('sessions api', { env: { SHUTDOWN_DELAY: '1' } });
    await api.waitReady();
    const token = await world.stack.token(mentee);
    const clients = stubbornClients(api.url, 12, () => ({ method: 'GET', path: '/sessions', token }));
    await eventually(() => clients.answered.length > 100, { within: 30_000, describe: 'the load is under way' });
    await expectToStopBehindBalancer(api, clients);
    await clients.done;
    expect(clients.failed).toEqual([]);
    expect(new Set(clients.answered.map(({ status }) => status))).toEqual(new Set([200]));
  }, 60_000);
});

test('with SHUTDOWN_DELAY it is not ready at once and goes on listening until the delay is over', async () => {
  const api = await world.start('bookings api', { env: { SHUTDOWN_DELAY: '5' } });
  await api.waitReady();
  const token = await world.stack.token(mentee);
  const clients = stubbornClients(api.url, 4, () => ({ method: 'GET', path: '/bookings', token }));
  const startedAt = performance.now();
  api.signal('SIGTERM');
  await eventually(async () => (await fetch(`${api.adminUrl}/readyz`)).status === 503, { every: 10 });
  const atUnready = clients.answered.length;
  await eventually(() => clients.answered.length > atUnready + 10, { every: 10 });
  clients.leave();
  await clients.done;
  expect(await api.exited).toBe(0);
  expect(performance.now() - startedAt).toBeGreaterThan(4_900);
  expect(clients.failed).toEqual([]);
}, 60_000);

describe('workers that are stopped under load', () => {
  const promised: Promised[] = [];
  let bookings: ApiClient;
  let load: ReturnType<typeof steadyLoad>;
  let running: Record<string, RoleProcess>;

  beforeAll(async () => {
    const names = ['bookings api', 'bookings relay', 'sessions relay', 'sessions consumer'];
    const processes = await world.startReady(...names);
    running = Object.fromEntries(names.map((name, index) => [name, processes[index] as RoleProcess]));
    bookings = world.client(running['bookings api'] as RoleProcess);
  }, 60_000);
  beforeEach(() => {
    load = steadyLoad(8, async () => void promised.push(await acceptedBooking(bookings)));
  });
  afterEach(() => load.stop());

  const underWay = async (): Promise<void> => {
    const before = promised.length;
    await eventually(() => promised.length > before + 60, { within: 30_000, describe: 'the load is under way' });
  };

  test.each(['bookings relay', 'sessions relay', 'sessions consumer'])(
    '%s: it ends what it began, and another goes on with the rest, nothing twice',
    async (name) => {
      const spy = await subscribe(world.stack.amqpUrl, { queue: `spy.${name.replace(' ', '-')}`, routingKeys: ['#'] });
      await underWay();
      await expectToStop(running[name] as RoleProcess);
      const [successor] = (await world.startReady(name)) as [RoleProcess];
      running[name] = successor;
      await underWay();
      await load.stop();
      await expectKept(world, promised);
      const ids = spy.received.map(({ event }) => event.id);
      expect(ids.length - new Set(ids).size).toBe(0);
      const duplicates = 'consumer_messages_total{queue="sessions.booking-accepted",outcome="duplicate"}';
      expect(await metric(running['sessions consumer'] as RoleProcess, duplicates)).toBe(0);
      await spy.close();
    },
    90_000,
  );

  test('all roles of a service in one process: the same', async () => {
    const all = [await world.start('bookings'), await world.start('sessions')];
    for (const process of all) await process.waitReady();
    for (const name of ['bookings relay', 'sessions relay', 'sessions consumer'])
      await expectToStop(running[name] as RoleProcess);
    await underWay();
    await load.stop();
    await expectKept(world, promised);
    load = steadyLoad(4, async () => void promised.push(await acceptedBooking(bookings)));
    await underWay();
    await Promise.all(all.map(expectToStop));
    await load.stop();
    await world.startReady('bookings relay', 'sessions relay', 'sessions consumer');
    await expectKept(world, promised);
  }, 90_000);

  test('stopped while they have just been started, and while the broker refuses them', async () => {
    await load.stop();
    const refused = { AMQP_URL: 'amqp://bookings:wrong@127.0.0.1:9' };
    const workers = await inParallel({ count: 3, concurrency: 3 }, (index) =>
      world.start(['sessions relay', 'sessions consumer', 'sessions'][index] as string, {
        env: index === 2 ? refused : {},
      }),
    );
    await eventually(() => workers.every((worker) => worker.log() !== ''), { describe: 'they have begun' }).catch(
      () => undefined,
    );
    await Promise.all(workers.map(expectToStop));
  }, 60_000);
});

describe('a process that cannot run says why in plain lines, exits 1 and shows no secret', () => {
  const main = (service: string) => join(import.meta.dirname, '..', '..', 'services', service, 'src', 'main.ts');
  const run = (service: string, args: string[], env: Record<string, string>) =>
    spawnSync(process.execPath, [main(service), ...args], { env, encoding: 'utf8', timeout: 20_000 });

  test.each(['bookings', 'sessions'])('%s without any configuration: every variable that is missing', (service) => {
    const { status, stderr, stdout } = run(service, [], {});
    expect(status).toBe(1);
    for (const name of ['DATABASE_URL', 'AMQP_URL', 'AUTH_ISSUER', 'AUTH_AUDIENCE', 'AUTH_JWKS_URL']) {
      expect(stderr).toContain(`  ${name}`);
    }
    expect(stderr + stdout).not.toMatch(/\n\s+at /);
  });

  test.each(['bookings', 'sessions'])('%s with wrong values: all of them at once, and not the values', (service) => {
    const secret = 'canary-of-a-password';
    const env = {
      DATABASE_URL: `mysql://u:${secret}@h/d`,
      AMQP_URL: secret,
      PORT: secret,
      SHUTDOWN_DELAY: secret,
      LOG_LEVEL: 'loud',
    };
    const { status, stderr, stdout } = run(service, ['api'], env);
    expect(status).toBe(1);
    for (const name of [...Object.keys(env), 'AUTH_ISSUER']) expect(stderr).toContain(`  ${name}: `);
    expect(stderr + stdout).not.toContain('canary');
  });

  test.each(['bookings', 'sessions'])('%s with an unknown role: which there are', (service) => {
    const { status, stderr } = run(service, ['api', 'publisher'], {});
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringMatching(/unknown role publisher; there are: api, relay/),
    });
  });
});
