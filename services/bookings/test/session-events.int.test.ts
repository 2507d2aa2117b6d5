import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect } from 'amqplib';
import { sessionEventsQueue } from '@mentor-sessions/contracts';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { people } from '@mentor-sessions/lab/people';
import { startRole, type RoleProcess, serviceEnvironment } from '@mentor-sessions/local-stack/roles';
import { openSessionWire, type SessionWire } from '@mentor-sessions/lab/session-wire';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';
import { insertAccepted, newsOf } from './session-news.ts';

let api: TestApi;
let wire: SessionWire;
let consumers: RoleProcess[];
beforeAll(async () => {
  api = await startTestApi({ service: 'bookings' });
  const env = serviceEnvironment({ ...api.stack.bookings, auth: api.stack.auth });
  consumers = await Promise.all([0, 1].map(() => startRole({ service: 'bookings', role: 'consumer', env })));
  await Promise.all(consumers.map((consumer) => consumer.waitReady()));
  wire = await openSessionWire(api.stack.amqpUrl);
});
afterAll(async () => {
  await wire.close();
  await Promise.all(consumers.map((consumer) => consumer.end('SIGTERM', 10_000)));
  await api.stop();
});

const handled = async (): Promise<number> => (await api.app.query('select from inbox')).rowCount ?? 0;
const deadLetters = async (ids: readonly string[]) => {
  const asked = 'select message_id, reason, queue from dead_letters where message_id = any($1) order by reason';
  return (await api.app.query(asked, [ids])).rows;
};

test('two replicas, everything three times and backwards: each booking knows the last status of its session', async () => {
  const accepted = await insertAccepted(api.app, 30);
  const told = accepted.map((booking, n) => newsOf(booking).slice(0, (n % 3) + 1));
  const before = await handled();
  await wire.publish(told.flat().reverse(), 3);
  await eventually(async () => (await handled()) - before === told.flat().length, { describe: 'all is in the inbox' });
  const { rows } = await api.app.query<{ booking_id: string; status: string; sequence: number }>(
    'select booking_id, status, sequence from booking_sessions where booking_id = any($1)',
    [accepted.map(({ bookingId }) => bookingId)],
  );
  const known = new Map(rows.map((row) => [row.booking_id, [row.status, row.sequence]]));
  const last = [
    ['scheduled', 1],
    ['in_progress', 2],
    ['completed', 3],
  ];
  expect(known).toEqual(new Map(accepted.map(({ bookingId }, n) => [bookingId, last[n % 3]])));
  expect((await api.app.query('select from dead_letters')).rowCount).toBe(0);
});

test('GET and lists say it, without another version of the booking', async () => {
  const [booking] = await insertAccepted(api.app, 1);
  if (!booking) throw new Error('a booking was asked for');
  const mentee = people['its mentee'];
  const get = () => api.request('GET', `/bookings/${booking.bookingId}`, { as: mentee });
  const before = await get();
  expect(before.body).toMatchObject({ sessionStatus: null, version: 2 });
  const list = async () =>
    (await api.request('GET', `/bookings?expand=session&ids=${booking.bookingId}`, { as: mentee })).body;
  expect((await list()).items).toEqual([{ ...before.body, session: null }]);
  for (const [step, sessionStatus] of ['scheduled', 'in_progress', 'completed'].entries()) {
    await wire.publish(newsOf(booking).slice(step, step + 1));
    const now = await eventually(async () => {
      const answer = await get();
      return answer.body.sessionStatus === sessionStatus && answer;
    });
    expect(now.body).toEqual({ ...before.body, sessionStatus });
    expect(now.headers.get('etag')).toBe('"2"');
    // so the version cannot say that nothing has changed
    const headers = { 'If-None-Match': '"2"' };
    const polled = await api.request('GET', `/bookings/${booking.bookingId}`, { as: mentee, headers });
    expect(polled.body).toEqual(now.body);
    const session = { id: booking.sessionId, status: sessionStatus, sequence: step + 1 };
    const expanded = await api.request('GET', `/bookings/${booking.bookingId}?expand=session`, { as: mentee });
    expect(expanded.body).toEqual({ ...now.body, session });
    expect((await list()).items).toEqual([expanded.body]);
  }
  const { body } = await api.request('GET', '/bookings?limit=100', { as: mentee });
  const listed = body.items.find(({ id }: { id: string }) => id === booking.bookingId);
  expect(listed).toEqual((await get()).body);
});

test('events forged in the name of sessions, and events of unknown bookings, are dead-lettered and have no effect', async () => {
  const [booking] = await insertAccepted(api.app, 1);
  if (!booking) throw new Error('a booking was asked for');
  const [forged, unsigned] = newsOf(booking);
  const [strange] = newsOf({ ...booking, bookingId: booking.sessionId });
  if (!forged || !unsigned || !strange) throw new Error('there are three');
  const connection = await connect(api.stack.amqpUrl);
  const channel = await connection.createConfirmChannel();
  for (const [event, userId] of [
    [forged, 'bookings'],
    [unsigned, undefined],
    [strange, 'sessions'],
  ] as const)
    channel.publish('mentoring.events', event.type, Buffer.from(JSON.stringify(event)), {
      messageId: event.id,
      type: event.type,
      persistent: true,
      ...(userId && { userId }),
    });
  await channel.waitForConfirms();
  await connection.close();
  const queue = sessionEventsQueue.name;
  const ids = [forged.id, unsigned.id, strange.id];
  await eventually(async () => (await deadLetters(ids)).length === 3, { describe: 'all three are kept' });
  expect(await deadLetters(ids)).toEqual([
    { message_id: expect.any(String), reason: 'forged-sender', queue },
    { message_id: expect.any(String), reason: 'forged-sender', queue },
    { message_id: strange.id, reason: 'unknown-booking', queue },
  ]);
  const known = 'select from booking_sessions where booking_id = $1';
  expect((await api.app.query(known, [booking.bookingId])).rowCount).toBe(0);
});

test('the bookings service may not send what only sessions may', async () => {
  const connection = await connect(api.stack.bookings.amqpUrl);
  const channel = await connection.createConfirmChannel();
  const refused = Promise.withResolvers<Error>();
  channel.on('error', refused.resolve);
  channel.publish('mentoring.events', 'session.scheduled', Buffer.from('{}'));
  expect(String(await refused.promise)).toContain('ACCESS_REFUSED');
  await connection.close();
});
