import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { people } from '@mentor-sessions/lab/people';
import { bookingRequest, mentee, mentor } from '../../../lab/e2e/bookings.ts';
import type { Promised } from '../../../lab/e2e/bookings.ts';
import { persistently } from '../../../lab/e2e/careful-client.ts';
import { steadyLoad } from '../../../lab/e2e/load.ts';
import { expectKept } from '../../../lab/e2e/outcome.ts';
import { composeUp } from './composed.ts';
import type { Composed } from './composed.ts';
import { isWell, serviceOf } from './engine.ts';
import type { Container } from './engine.ts';

let composed: Composed;
const promised: Promised[] = [];
beforeAll(async () => {
  composed = await composeUp();
}, 900_000);
afterAll(() => composed?.close(), 120_000);

const acceptedBooking = async (): Promise<Promised> => {
  const { bookings } = composed;
  const made = await persistently(
    bookings,
    ['POST', '/bookings', { as: mentee, body: bookingRequest() }],
    randomUUID(),
  );
  const accepted = await persistently(
    bookings,
    ['PATCH', `/bookings/${made.body.id}/accept`, { as: mentor }],
    randomUUID(),
  );
  if (accepted.status !== 200) throw new Error(`accepting: ${accepted.outcome}`);
  promised.push(accepted.body);
  return accepted.body;
};

const ours = async (): Promise<Container[]> => {
  const roles = /^(bookings|sessions)-(api|relay|consumer|retention)$|^identity$|^console$/;
  return (await composed.containers()).filter((each) => roles.test(serviceOf(each)));
};

const inNode = (container: Container, script: string): Promise<string> =>
  composed.docker('exec', container.Id, 'node', '-e', script);

test('a booking goes through its whole lifecycle', async () => {
  const { bookings, sessions } = composed;
  const { id, sessionId } = await acceptedBooking();
  const path = `/sessions/${sessionId}`;
  await eventually(async () => (await sessions('GET', path, { as: mentee })).status === 200);
  expect((await sessions('PATCH', `${path}/start`, { as: mentee })).outcome).toBe('200');
  expect((await sessions('PATCH', `${path}/complete`, { as: mentor })).outcome).toBe('200');
  const look = async () =>
    (await bookings('GET', `/bookings/${id}`, { as: mentee })).body.sessionStatus === 'completed';
  await eventually(look, { describe: 'bookings has heard of it' });
});

const locks = `
  const { readFileSync, writeFileSync } = require('node:fs');
  const status = readFileSync('/proc/self/status', 'utf8');
  const write = (file) => { try { writeFileSync(file, ''); return 'written'; } catch (error) { return error.code; } };
  console.log(JSON.stringify([process.getuid(), /CapEff:\\s*(\\w+)/.exec(status)[1], /NoNewPrivs:\\s*(\\d)/.exec(status)[1],
    ...['/app/x', '/tmp/x', '/x'].map(write)]));`;

test('every container of ours runs as an unprivileged user, without capabilities, on a root that cannot be written', async () => {
  const containers = await ours();
  expect(containers).toHaveLength(10);
  for (const container of containers) {
    const { HostConfig, Config } = container;
    expect({ ...HostConfig, User: Config.User }).toMatchObject({
      User: '1000:1000',
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
    });
    expect(HostConfig.Memory).toBeGreaterThan(0);
    expect(JSON.parse(await inNode(container, locks))).toEqual([
      1000,
      '0000000000000000',
      '1',
      'EROFS',
      'EROFS',
      'EROFS',
    ]);
  }
});

test('each service sees its own secrets, in files, and nothing of them is in an environment', async () => {
  const list = `const { readdirSync, readFileSync } = require('node:fs');
    console.log(JSON.stringify(readdirSync('/secrets').map((file) => [file, new URL(readFileSync('/secrets/' + file, 'utf8')).username])))`;
  for (const container of (await ours()).filter((each) => !['identity', 'console'].includes(serviceOf(each)))) {
    const [service = ''] = serviceOf(container).split('-');
    expect(JSON.parse(await inNode(container, list)).toSorted()).toEqual([
      ['amqp-url', service],
      ['database-url', `${service}_app`],
    ]);
    for (const password of composed.passwords) expect(container.Config.Env.join()).not.toContain(password);
  }
});

test('the image holds what runs, and nothing for development', async () => {
  const size = async (image: string) =>
    Number(await composed.docker('image', 'inspect', '--format', '{{.Size}}', image)) / 1e6;
  const base = process.env['NODE_IMAGE'] ?? 'node:24-slim';
  const [whole, below] = [await size(composed.image), await size(base)];
  console.log(`image: ${whole.toFixed(0)} MB, of which ${(whole - below).toFixed(0)} MB are ours, on ${base}`);
  const look = `const { globSync, existsSync } = require('node:fs');
    const packages = ['typescript', 'jest', 'eslint', 'testcontainers', '@mentor-sessions/local-stack'];
    console.log(JSON.stringify([packages.filter((name) => existsSync('/app/node_modules/' + name)),
      globSync('/app/{services,libs}/**/*.test.ts', { exclude: ['**/node_modules'] })]))`;
  const [api] = (await ours()).filter((each) => serviceOf(each) === 'bookings-api');
  expect(JSON.parse(await inNode(api as Container, look))).toEqual([[], []]);
  expect(whole - below).toBeLessThan(100);
});

test('a second `up --build` leaves every container as it is', async () => {
  const running = async () => (await composed.containers()).map(({ Id }) => Id).toSorted();
  const before = await running();
  await composed.compose('up', '--build', '--wait');
  expect(await running()).toEqual(before);
}, 300_000);

test('operators can use the console and the command line', async () => {
  const [{ id = '' } = {}] = promised;
  const { body } = await composed.console('GET', `/api/stories/${id}`, { as: people['an operator'] });
  expect(JSON.stringify(body)).toContain('session.completed');
  expect((await composed.console('GET', `/api/stories/${id}`, { as: mentor })).status).toBe(403);
  const ops = (...args: readonly string[]) => composed.compose('run', '--rm', '--no-TTY', 'ops', ...args);
  expect(JSON.parse(await ops('trace', id))).toEqual(body);
  expect(JSON.parse(await ops('status'))).toMatchObject({ problems: [] });
});

const scale = ['--scale', 'sessions-consumer=3', '--scale', 'bookings-relay=2'];

test('three consumers and two relays share the work', async () => {
  await composed.compose('up', '--wait', ...scale);
  const names = (await ours()).map(serviceOf);
  expect(names.filter((name) => name === 'sessions-consumer')).toHaveLength(3);
  expect(names.filter((name) => name === 'bookings-relay')).toHaveLength(2);
  const queues = ['list_queues', '--quiet', '--no-table-headers', '--vhost', 'mentor-sessions', 'name', 'consumers'];
  const list = () => composed.compose('exec', '-T', 'rabbitmq', 'rabbitmqctl', ...queues);
  const threeConsume = async () => /^sessions\.booking-accepted\s+3$/m.test(await list());
  await eventually(threeConsume, { within: 60_000, every: 1_000, describe: 'the queue has three consumers' });
  await Promise.all(Array.from({ length: 30 }, acceptedBooking));
  await expectKept(composed, promised);
}, 300_000);

test('each container in turn crashes under load: nothing is lost, and everything recovers by itself', async () => {
  const load = steadyLoad(3, async () => {
    await acceptedBooking();
    await pause(50); // people think
  });
  const victims = (await composed.containers()).map(({ Id }) => Id);
  expect(victims).toHaveLength(15);
  for (const id of victims) {
    const before = (await composed.containers()).find(({ Id }) => Id === id) as Container;
    await composed.crash(before, composed.image);
    const look = async () =>
      (await composed.containers()).some(
        (each) => each.Id === id && each.RestartCount > before.RestartCount && isWell(each),
      );
    await eventually(look, { within: 120_000, every: 500, describe: `${before.Name} is well again` });
  }
  await composed.allWell();
  await load.stop();
  await expectKept(composed, promised, 120_000);
  console.log(`${victims.length} containers crashed under load: ${promised.length} accepted, as many sessions`);
}, 900_000);
