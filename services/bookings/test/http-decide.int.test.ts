import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Answer, Call } from '@mentor-sessions/lab/api-client';
import { people } from '@mentor-sessions/lab/people';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';
import {
  historiesOfBookings,
  inHour,
  insertBookings,
  insertPastBookings,
  plainBooking,
  type PlainBooking,
} from './plain-bookings.ts';

/** A header cannot carry it as it stands. */
const sessionsUrl = 'https://сессии.test/v1';

let api: TestApi;
let hour = 0;
beforeAll(async () => {
  api = await startTestApi({ service: 'bookings', env: { SESSIONS_URL: `${sessionsUrl}/` } });
});
afterAll(() => api.stop());

const mentor = people['its mentor'];
const made = async (wanted: Partial<PlainBooking> = {}): Promise<string> => {
  const booking = plainBooking((hour += 2), wanted);
  await insertBookings(api.app, [booking]);
  return booking.id;
};
const patch = (id: string, action = 'accept', call: Call = {}): Promise<Answer> =>
  api.request('PATCH', `/bookings/${id}/${action}`, { as: mentor, ...call });
const historyOf = async (id: string) => (await historiesOfBookings(api.owner, [id]))[0];

test('acceptance assigns the session id, links to the session, and writes the event', async () => {
  const id = await made();
  const answer = await patch(id);
  const { sessionId } = answer.body;
  expect(sessionId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  const url = new URL(`${sessionsUrl}/sessions/${sessionId}`);
  expect(answer.headers.get('link')).toBe(`<${url.href}>; rel="session"`);
  expect(answer.body).toMatchObject({ status: 'accepted', sessionStatus: null, version: 2, allowedActions: [] });
  const { rows } = await api.owner.query(
    "select message_id, envelope from outbox where aggregate_id = $1 and type = 'booking.accepted'",
    [id],
  );
  expect(rows).toHaveLength(1);
  expect(rows[0].envelope).toMatchObject({
    id: rows[0].message_id,
    type: 'booking.accepted',
    subject: id,
    correlationid: id,
    sequence: '0000000002',
    data: { bookingId: id, sessionId, start: answer.body.start, end: answer.body.end, acceptedBy: mentor.userId },
  });
  expect((await historyOf(id))?.row).toMatchObject({ session_id: sessionId, accepted_message_id: rows[0].message_id });
});

// it is made of what was read and decided, not of what was written
test.each([
  ['accept', mentor],
  ['decline', mentor],
  ['cancel', people['its mentee']],
] as const)('what %s answers is what is read afterwards, with an Idempotency-Key and without', async (action, as) => {
  for (const headers of [{}, { 'Idempotency-Key': randomUUID() }]) {
    const id = await made();
    const answer = await patch(id, action, { as, headers });
    const read = await api.request('GET', `/bookings/${id}`, { as });
    expect(answer.outcome).toBe('200');
    expect(answer.body).toEqual(read.body);
    expect(answer.headers.get('etag')).toBe(read.headers.get('etag'));
  }
});

const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
test.each([
  [trace, trace],
  ['00-nonsense', undefined],
])('the caller’s trace %s goes on with the event as %s', async (traceparent, expected) => {
  const id = await made();
  await patch(id, 'accept', { headers: { traceparent } });
  const { rows } = await api.owner.query(
    "select envelope from outbox where aggregate_id = $1 and type = 'booking.accepted'",
    [id],
  );
  expect(rows[0].envelope.traceparent).toBe(expected);
});

describe('a PATCH takes no body, or {}', () => {
  test.each([undefined, {}, '', '{ }'])('%j', async (body) => {
    expect((await patch(await made(), 'decline', { body })).outcome).toBe('200');
  });

  test.each(['null', '[]', '0', '""', '{"status":"accepted"}', '{"start":"2031-01-01T00:00:00Z"}', '{"__proto__":{}}'])(
    'not %s',
    async (body) => {
      const id = await made();
      expect((await patch(id, 'decline', { body })).outcome).toBe('400 validation-failed');
      expect((await historyOf(id))?.row).toMatchObject({ status: 'draft', version: 1 });
    },
  );

  test('nor a query', async () => {
    const answer = await api.request('PATCH', `/bookings/${await made()}/accept?now=2020-01-01T00:00:00Z`, {
      as: mentor,
    });
    expect([answer.outcome, answer.body.errors[0].path]).toEqual(['400 validation-failed', 'query.now']);
  });
});

test.each(['7', 'null', '%20', '1%00', '..%2f', `{019800000000700080000000000000b0}`])(
  'an id that is none: %s',
  async (id) => {
    const answer = await patch(id);
    expect([answer.outcome, answer.body.errors[0].path]).toEqual(['400 validation-failed', 'path.id']);
  },
);

test('an id in upper case is the same id', async () => {
  const id = await made();
  expect((await patch(id.toUpperCase(), 'accept')).body).toMatchObject({ id, status: 'accepted' });
});

test('another user of the mentor profile may accept, but not the mentee, who has joined it meanwhile', async () => {
  const [one, other] = [await made(), await made()];
  const mentee = people['its mentee, now of the mentor profile'];
  expect((await patch(one, 'accept', { as: people['another user of the mentor profile'] })).outcome).toBe('200');
  expect((await patch(other, 'accept', { as: mentee })).outcome).toBe('403 forbidden');
  const seen = await api.request('GET', `/bookings/${other}`, { as: mentee });
  expect(seen.body.allowedActions).toEqual(['decline', 'cancel']);
});

test('bookings of a mentor may not overlap; adjacent ones are allowed', async () => {
  const minutes = (start: number, end: number) => {
    const noon = inHour(10_000).start.getTime();
    return { start: new Date(noon + start * 60_000), end: new Date(noon + end * 60_000) };
  };
  const [first, after, before] = [await made(minutes(0, 60)), await made(minutes(60, 90)), await made(minutes(-30, 0))];
  const [across, inside] = [await made(minutes(59, 61)), await made(minutes(10, 20))];
  const elsewhere = await made({ ...minutes(0, 60), mentorProfileId: people['another mentor'].mentorProfileId });
  for (const id of [first, after, before]) expect((await patch(id)).outcome).toBe('200');
  for (const id of [across, inside]) {
    const answer = await patch(id);
    expect([answer.outcome, answer.body.conflictingBookingId]).toEqual(['409 mentor-double-booked', first]);
    expect(await historyOf(id)).toMatchObject({ row: { status: 'draft', version: 1 }, events: [] });
  }
  expect((await patch(elsewhere, 'accept', { as: people['another mentor'] })).outcome).toBe('200');
  expect((await patch(across, 'decline')).outcome).toBe('200');
});

test('a booking whose time has passed cannot be accepted, but can be declined or cancelled', async () => {
  const past = { start: new Date('2020-01-01T10:00:00Z'), end: new Date('2020-01-01T11:00:00Z') };
  const [one, other] = [plainBooking(0, past), plainBooking(0, past)];
  await insertPastBookings(api.app, api.owner, [one, other]);
  expect((await api.request('GET', `/bookings/${one.id}`, { as: mentor })).body.allowedActions).toEqual(['decline']);
  expect((await patch(one.id)).outcome).toBe('409 booking-expired');
  expect(await historyOf(one.id)).toMatchObject({ row: { status: 'draft', version: 1 }, events: [] });
  expect((await patch(one.id, 'decline')).outcome).toBe('200');
  expect((await patch(other.id, 'cancel', { as: people['its mentee'] })).outcome).toBe('200');
  expect((await patch(other.id)).outcome).toBe('409 invalid-transition');
});
