import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { people, profileId } from '@mentor-sessions/lab/people';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { canonicalJson } from '@mentor-sessions/service-kit/canonical-json';
import { createDatabase } from '@mentor-sessions/service-kit/database';
import { createLogger } from '@mentor-sessions/service-kit/log';
import fc from 'fast-check';
import type pg from 'pg';
import { openBookings, type Bookings } from '../src/database/database.ts';
import { defaultBounds } from '../src/domain/booking.ts';
import { acceptBooking, createBooking } from '../src/use-cases/bookings.ts';
import { remindSessions } from '../src/use-cases/sessions-of-bookings.ts';
import { inHour } from './plain-bookings.ts';

let stack: TestStack;
let owner: pg.Client;
let db: Bookings;
let other: Bookings;
beforeAll(async () => {
  stack = await createTestStack();
  const { databaseUrl: url, adminDatabaseUrl } = stack.bookings;
  owner = await connected(adminDatabaseUrl);
  const log = createLogger({ service: 'bookings', role: 'test', level: 'silent' });
  const open = () => openBookings(createDatabase({ url, applicationName: 'test', log }));
  [db, other] = [open(), open()];
});
beforeEach(() => owner.query('truncate outbox, outbox_published; delete from awaited_sessions'));
afterAll(async () => {
  await db.close();
  await other.close();
  await owner.end();
  await stack.close();
});

const patience = { seconds: 60, attempts: 3 };
let hours = 0;

const accepted = async (notes: string | null = null, metadata: Record<string, string> = {}): Promise<string> => {
  const id = randomUUID();
  const { start: startTime, end: endTime } = inHour(hours++);
  const terms = { listingId: randomUUID(), mentorProfileId: profileId, startTime, endTime, notes, metadata };
  const asked = { id, messageId: randomUUID(), actor: people['its mentee'], bounds: defaultBounds };
  await createBooking(db, { ...asked, terms });
  const ids = { sessionId: randomUUID(), messageId: randomUUID() };
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  await acceptBooking(db, { id, actor: people['its mentor'], ifMatch: () => true, traceparent, ...ids });
  return id;
};

/** As the relay does, `seconds` ago. */
const publish = (seconds: number) =>
  owner.query(`with out as (delete from outbox returning *)
    insert into outbox_published (position, message_id, aggregate_id, sequence, type, lane, envelope, created_at, published_at)
    select position, message_id, aggregate_id, sequence, type, lane, envelope, created_at, now() - ${seconds} * interval '1 s'
    from out`);
const later = (seconds: number) =>
  owner.query(`update awaited_sessions set accepted_at = accepted_at - ${seconds} * interval '1 s',
    tried_at = tried_at - ${seconds} * interval '1 s', checked_at = checked_at - ${seconds} * interval '1 s'`);

type Waiting = Record<string, unknown> & { envelope: string };
/** Events of acceptances that are in the outbox. */
const waiting = async (): Promise<Waiting[]> => {
  const columns = 'message_id, aggregate_id, sequence, type, lane, envelope::text as envelope';
  return (
    await owner.query<Waiting>(`select ${columns} from outbox where type = 'booking.accepted' order by aggregate_id`)
  ).rows;
};

test('neither what is accepted a moment ago is sent again, nor what waits in the outbox, nor what was just published', async () => {
  const id = await accepted();
  expect(await remindSessions(db, patience)).toEqual({ sentAgain: [], givenUp: [], isMore: false });
  await later(61);
  expect(await remindSessions(db, patience)).toEqual({ sentAgain: [], givenUp: [], isMore: false });
  await publish(1);
  await later(61);
  expect(await remindSessions(db, patience)).toEqual({ sentAgain: [], givenUp: [], isMore: false });
  await owner.query(`update outbox_published set published_at = published_at - interval '61 s'`);
  await later(61);
  expect(await remindSessions(db, patience)).toEqual({ sentAgain: [id], givenUp: [], isMore: false });
});

test('a published event is sent again byte for byte; a booking with a known session is skipped', async () => {
  const [id, known] = [await accepted('what to bring', { a: 'b' }), await accepted()];
  const original = (await waiting()).filter((row) => row['aggregate_id'] === id);
  await owner.query(
    `insert into booking_sessions select id, session_id, 'scheduled', 1, now() from bookings where id = $1`,
    [known],
  );
  await publish(100);
  await later(100);
  expect((await remindSessions(db, patience)).sentAgain).toEqual([id]);
  expect(await waiting()).toEqual(original);
});

test('an event removed by retention is rebuilt from the booking, with the same message id and content', async () => {
  const said = (envelope: string) => {
    const { traceparent: _, ...told } = JSON.parse(envelope) as Record<string, unknown>;
    return told;
  };
  const text = fc.string({ unit: 'binary', maxLength: 40 }).filter((value) => !value.includes('\0'));
  const metadata = fc.dictionary(
    text.filter((key) => key !== ''),
    text,
    { maxKeys: 5 },
  );
  const property = fc.asyncProperty(fc.option(text), metadata, async (notes, given) => {
    await owner.query('truncate outbox; delete from awaited_sessions');
    const id = await accepted(notes, given);
    const [original] = await waiting();
    await owner.query('truncate outbox');
    await later(61);
    expect((await remindSessions(db, patience)).sentAgain).toEqual([id]);
    const [again] = await waiting();
    if (!original || !again) throw new Error('both are there');
    const { envelope: first, ...firstRow } = original;
    const { envelope: second, ...secondRow } = again;
    expect(secondRow).toEqual(firstRow);
    // canonical JSON: what the content hash is taken of, and more
    expect(canonicalJson(said(second))).toBe(canonicalJson(said(first)));
  });
  await fc.assert(property, { numRuns: 25 });
});

test('of two replicas at once one sends each booking again, once', async () => {
  const ids = [];
  for (let n = 0; n < 10; n++) ids.push(await accepted());
  await publish(100);
  await later(100);
  const reminders = await Promise.all([db, other, db, other].map((one) => remindSessions(one, patience)));
  expect(reminders.flatMap(({ sentAgain }) => sentAgain).toSorted()).toEqual(ids.toSorted());
  expect(await waiting()).toHaveLength(10);
});

test('each wait is twice the previous one; after some attempts the booking is given up, once, until an event of its session', async () => {
  const id = await accepted();
  await owner.query('truncate outbox');
  for (const wait of [60, 120, 240]) {
    await later(wait - 5);
    expect(await remindSessions(db, patience)).toEqual({ sentAgain: [], givenUp: [], isMore: false });
    await later(6);
    expect(await remindSessions(db, patience)).toEqual({ sentAgain: [id], givenUp: [], isMore: false });
    await owner.query('truncate outbox');
  }
  await later(481);
  expect(await remindSessions(db, patience)).toEqual({ sentAgain: [], givenUp: [id], isMore: false });
  await later(100_000);
  expect(await remindSessions(db, patience)).toEqual({ sentAgain: [], givenUp: [], isMore: false });
  await owner.query(
    `insert into booking_sessions select id, session_id, 'scheduled', 1, now() from bookings where id = $1`,
    [id],
  );
  expect((await owner.query('select from awaited_sessions')).rowCount).toBe(0);
});

test('the longest wait that the configuration allows is waited for', async () => {
  const longest = { seconds: 999_999, attempts: 20 };
  const id = await accepted();
  await publish(2_000_000);
  await later(900_000);
  expect(await remindSessions(db, longest)).toEqual({ sentAgain: [], givenUp: [], isMore: false });
  await later(100_000);
  expect(await remindSessions(db, longest)).toEqual({ sentAgain: [id], givenUp: [], isMore: false });
});
