import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { sessionCompleted } from '@mentor-sessions/contracts';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { launch } from '@mentor-sessions/local-stack/launch';
import { Rejected, subscribe, type Subscriber } from '../src/index.ts';
import { completedSession } from './completed-session.ts';
import { openSubscriberStage, type SubscriberStage } from './subscriber-stage.ts';

const queue = 'reviews.session-completed';
const log = pino({ level: 'silent' });
let stage: SubscriberStage;
let amqpUrl: string;
let wire: SubscriberStage['wire'];
let database: SubscriberStage['database'];
let owner: SubscriberStage['owner'];
let subscribers: Subscriber[] = [];
/** Sessions for which the handler rejects, and those that it has handled. */
let optedOut: string[] = [];
let seen: string[] = [];

beforeAll(async () => {
  stage = await openSubscriberStage();
  ({ amqpUrl, wire, database, owner } = stage);
});
afterEach(async () => {
  for (const subscriber of subscribers) await subscriber.stop();
  [subscribers, optedOut, seen] = [[], [], []];
  await owner.query('truncate dead_letters, inbox');
  for (const name of [queue, `${queue}.dead`]) await wire.deleteQueue(name);
});
afterAll(() => stage.close());

type Completed = ReturnType<typeof completedSession>;
const publish = async (event: Completed, userId = 'sessions'): Promise<void> => {
  wire.publish('mentoring.events', event.type, Buffer.from(JSON.stringify(event)), { messageId: event.id, userId });
  await wire.waitForConfirms();
};
const start = async (withDatabase: boolean): Promise<void> => {
  const options = { amqpUrl, event: sessionCompleted, queue, log };
  const handle = async (messages: readonly { id: string; data: { sessionId: string } }[]): Promise<void> => {
    const message = messages.find(({ data }) => optedOut.includes(data.sessionId));
    if (message) throw new Rejected({ message: message as never, reason: 'mentee-opted-out', detail: 'on Monday' });
    seen.push(...messages.map(({ id }) => id));
  };
  subscribers.push(
    await (withDatabase
      ? subscribe({ ...options, handle, database: database.databaseUrl })
      : subscribe({ ...options, handle })),
  );
};
const bin = fileURLToPath(new URL('../src/mentor-dead-letters.ts', import.meta.url));
const run = async (args: readonly string[], withDatabase = true): Promise<[code: unknown, printed: string]> => {
  const where = withDatabase ? { DATABASE_URL: database.databaseUrl } : {};
  const child = await launch({ args: [bin, ...args, '--as', 'ana'], env: { AMQP_URL: amqpUrl, ...where } });
  const code = await child.exited;
  return [code, child.log()];
};
const letters = async () =>
  (await owner.query('select * from dead_letters order by first_seen_at')).rows as Record<string, unknown>[];
const letter = (over: object) =>
  eventually(async () => expect(await letters()).toEqual([expect.objectContaining(over)]) ?? true);
const because = ['--because', 'she changed her mind'];

test('a reason of the handler is kept as it is, at the first try; replay resolves the row once it is handled', async () => {
  await start(true);
  const event = completedSession();
  optedOut.push(event.data.sessionId);
  await publish(event);
  await letter({ reason: 'mentee-opted-out', last_error: 'on Monday', attempts: 0, resolved_at: null });
  const [code, listed] = await run(['list']);
  const [{ id } = { id: '' }] = await letters();
  expect([code, listed]).toEqual([0, expect.stringContaining(`${String(id)}  `)]);
  expect(listed).toContain('mentee-opted-out');
  expect((await run(['show', event.id]))[1]).toContain(event.data.bookingId);
  expect(await run(['replay', String(id)])).toEqual([1, expect.stringContaining('--because')]);

  await run(['replay', String(id), ...because]);
  await letter({ reason: 'mentee-opted-out', times_seen: 2, resolved_at: null, resolved_by: 'ana' });
  optedOut = [];
  expect(await run(['replay', '--all', ...because])).toEqual([0, expect.stringContaining('sent to its queue again')]);
  await letter({ resolution: 'replayed', resolved_by: 'ana', resolution_note: 'she changed her mind' });
  expect(seen).toEqual([event.id]);
  expect(await run(['list'])).toEqual([0, expect.stringContaining('No open dead letters')]);
});

test('a closed list that lacks the reason loses neither it nor the message', async () => {
  const rule = `alter table dead_letters drop constraint dead_letter_reason_is_known,
    add constraint dead_letter_reason_is_known check`;
  await owner.query(`${rule} (reason in ('handler-failed', 'rejected'))`);
  await start(true);
  const event = completedSession();
  optedOut.push(event.data.sessionId);
  await publish(event);
  await letter({ reason: 'rejected', last_error: 'mentee-opted-out: on Monday', attempts: 0 });
  await owner.query(`${rule} (reason <> '')`);
});

test('a message that is sent again and handled resolves its dead letter, and a forged one under its id does not', async () => {
  await start(true);
  const event = completedSession();
  await publish(event, 'developer');
  await letter({ reason: 'forged-sender' });
  optedOut.push(event.data.sessionId);
  await publish(event);
  await eventually(async () => (await letters()).length === 2);
  optedOut = [];
  await publish(event);
  await eventually(async () => {
    const states = (await letters()).map(({ reason, resolution, resolved_by }) => [reason, resolution, resolved_by]);
    expect(states).toEqual([
      ['forged-sender', null, null],
      ['mentee-opted-out', 'handled', 'resend'],
    ]);
    return true;
  });
  await run(['replay', '--all', ...because]); // the bin vouches for the original sender only
  await eventually(async () =>
    (await letters()).some(({ reason, times_seen }) => reason === 'forged-sender' && times_seen === 2),
  );
  expect(await run(['discard', '--all', '--because', 'forged'])).toEqual([0, expect.stringContaining('discarded')]);
  expect((await letters()).map(({ resolution }) => resolution)).toEqual(['discarded', 'handled']);
});

test('without a database the same commands serve the dead queue', async () => {
  await start(false);
  const [bad, good] = [completedSession({ completedAt: 'yesterday' }), completedSession()];
  optedOut.push(good.data.sessionId);
  await publish(bad);
  await publish(good);
  await eventually(async () => (await wire.checkQueue(`${queue}.dead`)).messageCount === 2);
  const of = ['--queue', queue];
  const [, listed] = await run(['list', ...of], false);
  expect(listed).toMatch(/schema-violation[^]*mentee-opted-out/);
  expect((await run(['show', good.id, ...of], false))[1]).toContain(good.data.bookingId);
  optedOut = [];
  expect(await run(['replay', good.id, ...of, ...because], false)).toEqual([0, expect.stringContaining(good.id)]);
  await eventually(() => seen.includes(good.id), { describe: 'it is handled' });
  await run(['discard', bad.id, ...of, ...because], false);
  await eventually(async () => (await wire.checkQueue(`${queue}.dead`)).messageCount === 0);
  expect(seen).toEqual([good.id]);
});

test('copies of a message in the dead queue, and messages without an id, are all discarded', async () => {
  await start(false);
  const bad = completedSession({ completedAt: 'yesterday' });
  for (let copy = 0; copy < 2; copy++) await publish(bad);
  for (let n = 0; n < 2; n++) wire.publish('reviews.dead', queue, Buffer.from(`nothing ${n}`));
  await wire.waitForConfirms();
  await eventually(async () => (await wire.checkQueue(`${queue}.dead`)).messageCount === 4);
  const [code, printed] = await run(['discard', '--all', '--queue', queue, '--because', 'noise'], false);
  expect([code, printed.match(/discarded/g)]).toEqual([0, Array(4).fill('discarded')]);
  await eventually(async () => (await wire.checkQueue(`${queue}.dead`)).messageCount === 0);
});

test('it says what is missing in one line', async () => {
  expect(await run([])).toEqual([1, expect.stringContaining('Usage: mentor-dead-letters')]);
  expect(await run(['list'], false)).toEqual([1, expect.stringContaining('--database')]);
  expect(await run(['show', 'nothing'])).toEqual([1, 'No open dead letter has the id nothing.\n']);
  expect(await run(['--help'])).toEqual([0, expect.stringContaining('mentor-dead-letters')]);
});
