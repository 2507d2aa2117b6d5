import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { acceptedBooking, mentee, mentor } from '../../../lab/e2e/bookings.ts';
import type { Promised } from '../../../lab/e2e/bookings.ts';
import { expectKept } from '../../../lab/e2e/outcome.ts';
import { composeUp } from './composed.ts';
import type { Composed } from './composed.ts';

let composed: Composed;
const promised: Promised[] = [];
beforeAll(async () => {
  composed = await composeUp('cluster');
}, 900_000);
afterAll(() => composed?.close(), 120_000);

const nodes = ['rabbitmq', 'rabbitmq-2', 'rabbitmq-3'];

const rabbitmqctl = (node: string, ...args: readonly string[]): Promise<string> =>
  composed.compose('exec', '-T', node, 'rabbitmqctl', '--quiet', ...args);

const queue = async (node: string): Promise<{ leader: string; members: string[]; online: string[] }> => {
  const columns = ['name', 'leader', 'members', 'online'];
  const args = ['list_queues', '--formatter=json', '--vhost', 'mentor-sessions', ...columns];
  const queues = JSON.parse(await rabbitmqctl(node, ...args)) as ({ name: string } & Awaited<
    ReturnType<typeof queue>
  >)[];
  const found = queues.find(({ name }) => name === 'sessions.booking-accepted');
  if (!found) throw new Error('the queue is not there');
  return found;
};

const walk = async (): Promise<void> => {
  const { bookings, sessions } = composed;
  const booking = await acceptedBooking(bookings);
  promised.push(booking);
  const path = `/sessions/${booking.sessionId}`;
  const isThere = async () => (await sessions('GET', path, { as: mentee })).status === 200;
  await eventually(isThere, { within: 60_000, describe: 'the session is there' });
  expect((await sessions('PATCH', `${path}/start`, { as: mentee })).outcome).toBe('200');
  expect((await sessions('PATCH', `${path}/complete`, { as: mentor })).outcome).toBe('200');
  const hasHeard = async () =>
    (await bookings('GET', `/bookings/${booking.id}`, { as: mentee })).body.sessionStatus === 'completed';
  await eventually(hasHeard, { within: 60_000, describe: 'bookings has heard of it' });
};

test('each queue has a copy on all three nodes, and a booking goes its whole way', async () => {
  const { members } = await queue('rabbitmq');
  expect(members.toSorted()).toEqual(nodes.map((node) => `rabbit@${node}`));
  await walk();
}, 180_000);

test('the node that leads the queue is gone: bookings go on over the other two, and it comes back into the cluster', async () => {
  const { leader } = await queue('rabbitmq');
  const gone = leader.replace('rabbit@', '');
  const [left = ''] = nodes.filter((node) => node !== gone);
  await composed.compose('kill', '--signal', 'SIGKILL', gone);
  await walk();
  await walk();
  expect((await queue(left)).leader).not.toBe(leader);
  await composed.compose('up', '--wait', '--no-recreate', gone);
  const isBack = async () => (await queue(left)).online.includes(leader);
  await eventually(isBack, { within: 60_000, every: 1_000, describe: 'the node is back' });
  await walk();
  await expectKept(composed, promised);
}, 300_000);
