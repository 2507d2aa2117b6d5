import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Options } from 'amqplib';
import type { BookingAccepted, Envelope } from '@mentor-sessions/contracts';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { aMessage } from './a-message.ts';
import { inParallel } from './load.ts';
import { openWire } from './wire.ts';
import type { Wire } from './wire.ts';
import { createWorld } from './world.ts';
import type { World } from './world.ts';

let world: World;
let wire: Wire;
beforeAll(async () => {
  world = await createWorld();
  await world.startReady('sessions consumer', 'sessions consumer', 'sessions consumer', 'sessions relay');
  wire = await openWire(world.stack.amqpUrl);
}, 60_000);
afterAll(async () => {
  await wire.close();
  await world.close();
}, 60_000);

type Accepted = Envelope<BookingAccepted>;
const sessionsOf = (bookingId: string) =>
  world.rows.sessions.query('select id, start_time from sessions where booking_id = $1', [bookingId]);
const auditOf = (sessionId: string) =>
  world.rows.sessions.query('select from_status, to_status from session_transitions where session_id = $1', [
    sessionId,
  ]);
const announcementsOf = (sessionId: string) =>
  world.rows.sessions.query(
    `select type from outbox where aggregate_id = $1 union all select type from outbox_published where aggregate_id = $1`,
    [sessionId],
  );
const deadLettersOf = (messageId: string) =>
  world.rows.sessions.query('select * from dead_letters where message_id = $1', [messageId]);

const isHandled = ({ data }: Accepted, within = 10_000) =>
  eventually(async () => (await sessionsOf(data.bookingId)).length === 1, {
    within,
    every: 10,
    describe: 'the session',
  });
const deadLetter = (messageId: string) =>
  eventually(async () => (await deadLettersOf(messageId))[0], { describe: `the dead letter of ${messageId}` });
const expectOneSession = async ({ data }: Accepted): Promise<void> => {
  expect(await sessionsOf(data.bookingId)).toEqual([{ id: data.sessionId, start_time: new Date(data.start) }]);
  expect(await auditOf(data.sessionId)).toEqual([{ from_status: null, to_status: 'scheduled' }]);
  expect(await announcementsOf(data.sessionId)).toEqual([{ type: 'session.scheduled' }]);
};
/** All copies are settled when the queue is empty and nothing is unacknowledged. */
const allSettled = async (): Promise<void> => {
  const last = aMessage();
  await wire.publish(last);
  await isHandled(last);
  await eventually(async () => (await wire.waiting()).queue === 0, { describe: 'the queue is empty' });
};
const forgetInbox = (messageId: string) =>
  world.rows.sessions.query('delete from inbox where message_id = $1', [messageId]);

test('the same message 100 times at once over 3 consumers: one session, one audit row, one event', async () => {
  const message = aMessage();
  await inParallel({ count: 100, concurrency: 100 }, () => wire.publish(message));
  await isHandled(message);
  await allSettled();
  await expectOneSession(message);
  expect(await deadLettersOf(message.id)).toEqual([]);
});

test('the same message after the inbox has forgotten it: the session does not change', async () => {
  const message = aMessage();
  await wire.publish(message);
  await isHandled(message);
  await forgetInbox(message.id);
  await wire.publish(message);
  await eventually(async () => {
    const rows = await world.rows.sessions.query('select 1 from inbox where message_id = $1', [message.id]);
    return rows.length === 1;
  });
  await expectOneSession(message);
  expect(await deadLettersOf(message.id)).toEqual([]);
});

describe('a message that contradicts an existing session is dead-lettered, and the session does not change', () => {
  type Contradiction = (first: Accepted) => Accepted;
  const anotherMessage: Contradiction = ({ data }) => aMessage({ ...data, sessionId: randomUUID() });
  const sameSession: Contradiction = ({ data }) => aMessage({ sessionId: data.sessionId });
  const otherContent: Contradiction = ({ id, data }) => aMessage({ ...data, start: '2039-02-01T08:00:00.000Z' }, id);
  const otherBooking: Contradiction = ({ id }) => aMessage({}, id);
  const sameButForItsId: Contradiction = ({ data }) => aMessage(data);
  const cases: [string, string, string, Contradiction][] = [
    ['session-already-exists', 'another message for the booking', 'remembers', anotherMessage],
    ['session-already-exists', 'the same under another message id', 'remembers', sameButForItsId],
    ['session-id-taken', 'another booking with the session id', 'remembers', sameSession],
    ['content-mismatch', 'the message id with another start', 'remembers', otherContent],
    ['content-mismatch', 'the message id with another start', 'has forgotten', otherContent],
    ['content-mismatch', 'the message id for another booking', 'remembers', otherBooking],
    ['content-mismatch', 'the message id for another booking', 'has forgotten', otherBooking],
  ];

  test.each(cases)('%s: %s, when the inbox %s', async (reason, _what, inbox, contradict) => {
    const first = aMessage();
    await wire.publish(first);
    await isHandled(first);
    if (inbox === 'has forgotten') await forgetInbox(first.id);
    const second = contradict(first);
    await wire.publish(second);
    expect(await deadLetter(second.id)).toMatchObject({ reason, times_seen: 1, type: 'booking.accepted' });
    await expectOneSession(first);
    if (second.data.bookingId !== first.data.bookingId) expect(await sessionsOf(second.data.bookingId)).toEqual([]);
    expect(await world.rows.sessions.query('select 1 from inbox where message_id = $1', [second.id])).toHaveLength(
      second.id === first.id && inbox === 'remembers' ? 1 : 0,
    );
  });

  test('also when both come in one batch: the first in order of ids counts', async () => {
    await inParallel({ count: 30, concurrency: 30 }, async () => {
      const one = aMessage();
      const other = aMessage({ ...one.data, sessionId: randomUUID() });
      await Promise.all([one, other].map((message) => wire.publish(message)));
      const kept = await eventually(
        async () => [...(await deadLettersOf(one.id)), ...(await deadLettersOf(other.id))][0],
        { describe: 'a dead letter for one of the two' },
      );
      expect(kept['reason']).toBe('session-already-exists');
      const [winner, loser] = kept['message_id'] === other.id ? [one, other] : [other, one];
      await expectOneSession(winner);
      expect(await announcementsOf(loser.data.sessionId)).toEqual([]);
    });
  });
});

describe('what cannot be handled is dead-lettered with reason and body, and the next valid message is handled within a second', () => {
  const nextVersion = { ...aMessage(), dataschema: 'urn:mentor-sessions:booking.accepted:2' };
  const cases: [string, string, unknown, Options.Publish?][] = [
    ['malformed', 'half of a JSON text', Buffer.from('{"not json')],
    ['malformed', 'bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x00, 0x7d])],
    ['malformed', 'nothing at all', Buffer.alloc(0)],
    ['schema-violation', 'data of another shape', { ...aMessage(), data: { bookingId: 'none' } }],
    ['schema-violation', 'a start after the end', aMessage({ start: '2039-02-01T11:00:00.000Z' })],
    ['schema-violation', 'notes with U+0000', aMessage({ notes: 'with \0' })],
    ['unknown-version', 'version 2', nextVersion],
    ['unknown-type', 'another type', { ...aMessage(), type: 'booking.burnt' }],
    ['forged-sender', 'sent by the developer', aMessage(), { userId: 'developer' }],
    ['forged-sender', 'sent by the sessions service', aMessage(), { userId: 'sessions' }],
    ['id-mismatch', 'another messageId', aMessage(), { messageId: randomUUID() }],
  ];

  test.each(cases)('%s: %s', async (reason, _what, body, properties = {}) => {
    const messageId = properties.messageId ?? (body as { id?: string }).id ?? randomUUID();
    await wire.publish(body, { messageId, ...properties });
    const good = aMessage();
    await wire.publish(good);
    await isHandled(good, 1_000);
    const kept = await deadLetter(messageId);
    expect(kept).toMatchObject({ reason, queue: 'sessions.booking-accepted', routing_key: 'booking.accepted' });
    expect((kept['body'] as Buffer).equals(Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)))).toBe(
      true,
    );
    const { data } = body as { data?: { bookingId?: string } };
    const madeOfIt = await world.rows.sessions.query('select 1 from sessions where booking_id::text = $1', [
      data?.bookingId,
    ]);
    expect(madeOfIt).toEqual([]);
  });

  test('a message that the database refuses is tried three times and kept, and its neighbours do not wait for it', async () => {
    const refused = aMessage({ start: '0000-02-01T09:00:00.000Z' }); // a year outside PostgreSQL's range
    const neighbours = Array.from({ length: 10 }, () => aMessage());
    await Promise.all([refused, ...neighbours].map((message) => wire.publish(message)));
    for (const good of neighbours) await isHandled(good, 2_000);
    const kept = await eventually(async () => (await deadLettersOf(refused.id))[0], { within: 20_000 });
    expect(kept).toMatchObject({ reason: 'handler-failed', attempts: 3, times_seen: 1 });
  });

  test('the same poison again is a count, not a row, however many come at once', async () => {
    const messageId = randomUUID();
    await inParallel({ count: 20, concurrency: 20 }, () => wire.publish(Buffer.from('poison'), { messageId }));
    const kept = await eventually(
      async () => {
        const rows = await deadLettersOf(messageId);
        return rows[0]?.['times_seen'] === 20 && rows;
      },
      { describe: '20 times seen' },
    );
    expect(kept).toHaveLength(1);
  });
});
