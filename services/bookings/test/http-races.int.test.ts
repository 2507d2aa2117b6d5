import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { people } from '@mentor-sessions/lab/people';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';
import { historiesOfBookings, inHour, insertBookings, plainBooking } from './plain-bookings.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ service: 'bookings' });
});
afterAll(() => api.stop());

const ROUNDS = 50;
const deciders = { accept: people['its mentor'], decline: people['its mentor'], cancel: people['its mentee'] };
const colleague = people['another user of the mentor profile'];
type Action = keyof typeof deciders;

const decide = (id: string, action: Action, as: (typeof deciders)[Action] | typeof colleague = deciders[action]) =>
  api.request('PATCH', `/bookings/${id}/${action}`, { as });

test('of two simultaneous acceptances one is 200 and one 409: one event, one audit row', async () => {
  const bookings = Array.from({ length: ROUNDS }, (_, n) => plainBooking(n));
  await insertBookings(api.app, bookings);
  for (const { id } of bookings) {
    const answers = await Promise.all([decide(id, 'accept'), decide(id, 'accept', colleague)]);
    expect(answers.map(({ outcome }) => outcome).toSorted()).toEqual(['200', '409 invalid-transition']);
    const [winner, loser] = answers.toSorted((a, b) => a.status - b.status);
    const [history] = await historiesOfBookings(api.owner, [id]);
    expect(history?.row).toMatchObject({ status: 'accepted', version: 2, session_id: winner?.body.sessionId });
    expect(loser?.body).toMatchObject({ currentStatus: 'accepted' });
    expect(history?.audit.map(({ to }) => to)).toEqual(['draft', 'accepted']);
    expect(history?.events).toEqual(['booking.accepted']);
  }
});

test('of concurrent accept, decline and cancel exactly one succeeds, and the others leave no trace', async () => {
  const bookings = Array.from({ length: ROUNDS }, (_, n) => plainBooking(100 + n));
  await insertBookings(api.app, bookings);
  const won = new Set<string>();
  for (const [n, { id }] of bookings.entries()) {
    const actions = rotated(['accept', 'decline', 'cancel'], n);
    const answers = await Promise.all(actions.map((action) => decide(id, action)));
    expect(answers.map(({ outcome }) => outcome).toSorted()).toEqual([
      '200',
      '409 invalid-transition',
      '409 invalid-transition',
    ]);
    const done = answers.find(({ status }) => status === 200)?.body.status as string;
    const [history] = await historiesOfBookings(api.owner, [id]);
    expect(history?.row).toMatchObject({ status: done, version: 2 });
    expect(history?.audit.map(({ to }) => to)).toEqual(['draft', done]);
    expect(history?.events).toEqual([`booking.${done}`]);
    won.add(done);
  }
  expect(won.size).toBeGreaterThan(1); // else the same one was always first, and nothing raced
});

test('of two overlapping bookings accepted concurrently one is accepted and one is mentor-double-booked', async () => {
  for (let n = 0; n < ROUNDS; n += 1) {
    const pair = [plainBooking(0, inHour(200 + n)), plainBooking(0, inHour(200 + n))];
    await insertBookings(api.app, pair);
    const answers = await Promise.all(pair.map(({ id }) => decide(id, 'accept')));
    expect(answers.map(({ outcome }) => outcome).toSorted()).toEqual(['200', '409 mentor-double-booked']);
    const [done, refused] = answers.toSorted((a, b) => a.status - b.status);
    expect(refused?.body.conflictingBookingId).toBe(done?.body.id);
    const histories = await historiesOfBookings(
      api.owner,
      pair.map(({ id }) => id),
    );
    expect(histories.map(({ row }) => row?.['status']).toSorted()).toEqual(['accepted', 'draft']);
    expect(histories.flatMap(({ events }) => events)).toEqual(['booking.accepted']);
  }
});

test('of two simultaneous acceptances with the same fresh If-Match one is 412', async () => {
  const { id } = plainBooking(0);
  await insertBookings(api.app, [plainBooking(300, { id })]);
  const accept = () =>
    api.request('PATCH', `/bookings/${id}/accept`, { as: colleague, headers: { 'If-Match': '"1"' } });
  const answers = await Promise.all([accept(), accept()]);
  expect(answers.map(({ outcome }) => outcome).toSorted()).toEqual(['200', '412 precondition-failed']);
});

function rotated(actions: Action[], n: number): Action[] {
  return [...actions.slice(n % 3), ...actions.slice(0, n % 3)];
}
