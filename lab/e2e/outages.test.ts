import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ApiClient } from '@mentor-sessions/lab/api-client';
import type { Backing } from '@mentor-sessions/local-stack/backing';
import { startPrivateBacking } from '@mentor-sessions/lab/private-backing';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import type { RoleProcess } from '@mentor-sessions/local-stack/roles';
import { aMessage } from './a-message.ts';
import { acceptBooking, acceptedBooking, bookingRequest, mentee, mentor, requestBooking } from './bookings.ts';
import type { Promised } from './bookings.ts';
import { inParallel, steadyLoad } from './load.ts';
import { expectKept } from './outcome.ts';
import { openWire } from './wire.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

const names = ['bookings api', 'sessions api', 'bookings relay', 'sessions relay', 'sessions consumer'] as const;
const apis = names.slice(0, 2);
const workers = names.slice(2);

let backing: Backing;
let world: World;
let processes: readonly RoleProcess[];
let bookings: ApiClient;
let sessions: ApiClient;
const promised: Promised[] = [];

beforeAll(async () => {
  backing = await startPrivateBacking();
  world = await createWorld(backing);
  processes = await world.startReady(...names);
  [bookings, sessions] = processes.slice(0, 2).map(world.client) as [ApiClient, ApiClient];
}, 120_000);
afterAll(async () => {
  await world?.close();
  await backing?.stop();
}, 60_000);

const readiness = async (name: string): Promise<number> => {
  const process = processes[names.indexOf(name as (typeof names)[number])];
  return (await fetch(`${process?.adminUrl}/readyz`, { signal: AbortSignal.timeout(5_000) })).status;
};
const allAre = (status: number, some: readonly string[], within = 20_000) =>
  eventually(
    async () => {
      const seen = await Promise.all(some.map(readiness));
      if (seen.some((one) => one !== status))
        throw new Error(some.map((name, index) => `${name} ${seen[index]}`).join());
      return true;
    },
    { within, describe: `/readyz gives ${status}` },
  );
const expectNobodyRestarted = (): void =>
  expect(processes.map((process) => process.hasExited())).toEqual(names.map(() => false));

const logLines = (): number => processes.reduce((sum, process) => sum + process.log().split('\n').length, 0);

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const accept = async (): Promise<Promised> => {
  const booking = await acceptedBooking(bookings);
  promised.push(booking);
  return booking;
};
const hasSession = ({ sessionId }: Promised, within: number) =>
  eventually(async () => (await sessions('GET', `/sessions/${sessionId}`, { as: mentee })).status === 200, {
    within,
    every: 20,
    describe: 'the session is there',
  });
/** From the first response after the outage. */
const sayHowSoon = async (what: string, booking: Promised): Promise<void> => {
  const startedAt = performance.now();
  await hasSession(booking, 60_000);
  say(`${what}: first new session ${Math.round(performance.now() - startedAt)} ms after it answered again`);
};

describe('while the broker is away', () => {
  test('bookings are accepted, the apis stay ready, relay and consumer are not; all sessions come when it is back', async () => {
    await backing.broker.stop();
    await allAre(503, workers);
    await inParallel({ count: 40, concurrency: 4 }, accept);
    await allAre(200, apis);
    await backing.broker.start();
    await sayHowSoon('broker stopped and started', promised[0] as Promised);
    await expectKept(world, promised);
    await allAre(200, names);
    expectNobodyRestarted();
  }, 120_000);

  test('a broker that is killed in the middle of a load loses nothing', async () => {
    const load = steadyLoad(4, async () => void (await accept()));
    const before = promised.length;
    await eventually(() => promised.length > before + 30, { within: 20_000, describe: 'the load is under way' });
    await backing.broker.kill();
    const atKill = promised.length;
    await eventually(() => promised.length > atKill + 30, { within: 20_000, describe: 'accepting goes on' });
    await backing.broker.start();
    await sayHowSoon('broker killed and started', await accept());
    await load.stop();
    await expectKept(world, promised);
    expectNobodyRestarted();
  }, 120_000);
});

describe('while the databases are away', () => {
  test('the apis answer 503 with a problem document, workers wait, and all goes on when they are back', async () => {
    const draft = await requestBooking(bookings);
    const { sessionId } = await accept();
    await hasSession({ sessionId } as Promised, 20_000);
    await backing.postgres.stop();
    const answers = [
      await bookings('POST', '/bookings', { as: mentee, body: bookingRequest() }),
      await bookings('PATCH', `/bookings/${draft}/accept`, { as: mentor }),
      await bookings('GET', '/bookings', { as: mentor }),
      await sessions('GET', '/sessions', { as: mentee }),
      await sessions('GET', `/sessions/${sessionId}`, { as: mentee }),
      await sessions('PATCH', `/sessions/${sessionId}/start`, { as: mentee }),
    ];
    for (const { status, headers, body } of answers) {
      expect({ status, ...body }).toMatchObject({
        status: 503,
        code: 'unavailable',
        type: '/problems/unavailable',
      });
      expect(headers.get('content-type')).toBe('application/problem+json');
      expect(headers.get('retry-after')).toBe('1');
    }
    await allAre(503, names);
    const messages = Array.from({ length: 50 }, () => aMessage());
    const wire = await openWire(world.stack.amqpUrl);
    await Promise.all(messages.map((message) => wire.publish(message)));
    await wire.close();
    const written = logLines();
    await allAre(503, names);
    await backing.postgres.start();
    promised.push(...messages.map(({ data }) => ({ ...data, id: data.bookingId })));
    expect(logLines() - written).toBeLessThan(100); // no process spins
    promised.push(await eventually(() => acceptBooking(bookings, draft), { within: 20_000 }));
    await sayHowSoon('databases stopped and started', promised.at(-1) as Promised);
    expect((await sessions('PATCH', `/sessions/${sessionId}/start`, { as: mentee })).status).toBe(200);
    await allAre(200, names);
    await expectKept(world, promised);
    expectNobodyRestarted();
  }, 120_000);

  test('databases that are killed in the middle of a load lose nothing that was answered', async () => {
    const answered: Promised[] = [];
    const refused = new Set<string>();
    const load = steadyLoad(4, async () => {
      try {
        answered.push(await accept());
      } catch (error) {
        const [, code] = /: 503 .*"code":"([\w-]+)"/.exec(String(error)) ?? [];
        if (!code) throw error;
        refused.add(code);
      }
    });
    await eventually(() => answered.length > 20, { within: 20_000, describe: 'the load is under way' });
    await backing.postgres.kill();
    await eventually(() => refused.size > 0, { within: 20_000, describe: 'a refusal' });
    await backing.postgres.start();
    const atStart = answered.length;
    await eventually(() => answered.length > atStart, { within: 20_000, describe: 'accepting goes on' });
    await sayHowSoon('databases killed and started', answered.at(-1) as Promised);
    await load.stop();
    for (const code of refused) expect(['unavailable', 'outcome-unknown']).toContain(code);
    const accepted = await world.rows.bookings.query(
      `select id, session_id as "sessionId", start_time as "start", end_time as "end",
        mentor_profile_id as "mentorProfileId", mentee_user_id as "menteeUserId"
      from bookings where status = 'accepted'`,
    );
    const ids = new Set(accepted.map((row) => row['id']));
    const ofTheWire = promised.filter(({ id }) => !ids.has(id));
    expect(ofTheWire).toHaveLength(50);
    await expectKept(world, [...(accepted as unknown as Promised[]), ...ofTheWire]);
    expectNobodyRestarted();
  }, 120_000);
});
