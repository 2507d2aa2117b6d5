import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Answer, Call, Method } from '@mentor-sessions/lab/api-client';
import { idempotency, said } from '@mentor-sessions/lab/every-service/idempotency';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { countsOf } from '@mentor-sessions/lab/history';
import { people, profileId } from '@mentor-sessions/lab/people';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { startRole, serviceEnvironment } from '@mentor-sessions/local-stack/roles';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';
import { historiesOfBookings, inHour, insertBookings, plainBooking } from './plain-bookings.ts';
import { bookings } from './the-service.ts';

idempotency(bookings);

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ service: 'bookings' });
});
afterAll(() => api.stop());

const { 'its mentor': mentor, 'its mentee': mentee, 'another mentee': otherMentee } = people;
let hours = 0;
const soon = () => ({ start: new Date(Date.now() + 1_500), end: new Date(Date.now() + 60_000) });
const bookingRequest = (over: object = {}) => {
  const { start, end } = inHour(hours++);
  const times = { start: start.toISOString(), end: end.toISOString() };
  return { listingId: randomUUID(), mentorProfileId: profileId, ...times, ...over };
};

type Under = Pick<Call, 'as' | 'body'> & { key: string; headers?: Record<string, string> };
const ask = (method: Method, path: string, { key, headers, ...call }: Under): Promise<Answer> =>
  api.request(method, path, { ...call, headers: { 'Idempotency-Key': key, ...headers } });
const post = (key: string, body: unknown, as: Call['as'] = mentee) => ask('POST', '/bookings', { key, body, as });

const born = async () => Number((await countsOf(api.owner, ['bookings']))['bookings']);
const draft = async (): Promise<string> => {
  const booking = plainBooking(500 + hours++);
  await insertBookings(api.app, [booking]);
  return booking.id;
};

describe('the same request under the same key', () => {
  test('creates one booking, and gives the same answer each time', async () => {
    const [key, body] = [randomUUID(), bookingRequest({ notes: 'é ☕', metadata: { a: 'b' } })];
    const before = await born();
    const first = await post(key, body);
    expect([first.outcome, first.headers.get('idempotent-replayed')]).toEqual(['201', null]);
    for (let n = 0; n < 3; n += 1) {
      const again = await post(key, body);
      expect([said(again), again.headers.get('idempotent-replayed')]).toEqual([said(first), 'true']);
    }
    expect(await born()).toBe(before + 1);
  });

  test('is the same however the id is spelled', async () => {
    const [key, id] = [randomUUID(), await draft()];
    const first = await ask('PATCH', `/bookings/${id}/accept`, { key, as: mentor });
    for (const spelled of [id.toUpperCase(), id.replace('-', '%2D'), id])
      expect(said(await ask('PATCH', `/bookings/${spelled}/accept`, { key, as: mentor }))).toEqual(said(first));
  });

  test('is the same with its keys in another order, in other words of JSON, and with {} for no body', async () => {
    const [key, body] = [randomUUID(), bookingRequest({ metadata: { a: '1', b: 'é' } })];
    const first = await post(key, body);
    const reversed = Object.fromEntries(Object.entries({ ...body, metadata: { b: 'é', a: '1' } }).reverse());
    const spelt = JSON.stringify(reversed, null, 3).replace('é', '\\u00e9');
    expect(said(await post(key, spelt))).toEqual(said(first));
    const [other, id] = [randomUUID(), await draft()];
    const accepted = await ask('PATCH', `/bookings/${id}/accept`, { key: other, as: mentor });
    expect(said(await ask('PATCH', `/bookings/${id}/accept`, { key: other, as: mentor, body: {} }))).toEqual(
      said(accepted),
    );
  });

  test('returns the first response, whatever the booking, its time and the caller’s roles are now', async () => {
    const [key, body] = [randomUUID(), bookingRequest()];
    const first = await post(key, body);
    expect((await ask('PATCH', `${first.headers.get('location')}/cancel`, { key, as: mentee })).outcome).toBe(
      '422 idempotency-key-reused',
    );
    await api.request('PATCH', `${first.headers.get('location')}/cancel`, { as: mentee });
    expect(said(await post(key, body))).toEqual(said(first));
    expect(said(await post(key, body, { ...mentee, roles: ['mentor'] }))).toEqual(said(first));
  });

  test('returns the first response, even if the requested start has passed meanwhile', async () => {
    const [key, body] = [randomUUID(), bookingRequest(soon())];
    const first = await post(key, body);
    expect(first.outcome).toBe('201');
    await eventually(async () => (await post(randomUUID(), body)).outcome === '400 validation-failed');
    expect(said(await post(key, body))).toEqual(said(first));
  });

  test('a refusal is not kept: what was refused may be done later under its key', async () => {
    const [key, id] = [randomUUID(), await draft()];
    const accept = () => ask('PATCH', `/bookings/${id}/accept`, { key, as: mentor, headers: { 'If-Match': '"9"' } });
    expect((await accept()).outcome).toBe('412 precondition-failed');
    expect((await ask('PATCH', `/bookings/${id}/accept`, { key, as: otherMentee })).outcome).toBe('403 forbidden');
    const before = await countsOf(api.owner, ['idempotency_keys']);
    expect((await ask('PATCH', `/bookings/${id}/accept`, { key, as: mentor })).outcome).toBe('200');
    expect((await accept()).outcome).toBe('200');
    const after = await countsOf(api.owner, ['idempotency_keys']);
    expect(Number(after['idempotency_keys']) - Number(before['idempotency_keys'])).toBe(1);
  });
});

describe('another request under a used key', () => {
  test('is 422: another body, path or method; the effect of the first stays the only one', async () => {
    const [key, body, id] = [randomUUID(), bookingRequest(), await draft()];
    await post(key, body);
    const before = await countsOf(api.owner, ['bookings', 'outbox', 'booking_transitions']);
    expect((await post(key, { ...body, notes: 'more' })).outcome).toBe('422 idempotency-key-reused');
    for (const path of [`/bookings/${id}/cancel`, `/bookings/${id}/decline`, `/bookings/${randomUUID()}/accept`])
      expect((await ask('PATCH', path, { key, as: mentee })).outcome).toBe('422 idempotency-key-reused');
    expect(await countsOf(api.owner, ['bookings', 'outbox', 'booking_transitions'])).toEqual(before);
  });

  test('is per user: the same key of another user is independent', async () => {
    const [key, body] = [randomUUID(), bookingRequest()];
    const first = await post(key, body);
    const others = await post(key, body, otherMentee);
    expect([first.outcome, others.outcome]).toEqual(['201', '201']);
    expect(others.body.id).not.toBe(first.body.id);
  });

  test('400 comes before 422, and 422 before 404, 403, 412 and 409', async () => {
    const [key, id] = [randomUUID(), await draft()];
    await post(key, bookingRequest());
    const early = bookingRequest({ end: '2020-01-01T00:00:00Z' });
    expect((await post(key, { notes: 7 })).outcome).toBe('400 validation-failed');
    expect((await post(key, early)).outcome).toBe('400 validation-failed');
    expect((await post(key, bookingRequest({ mentorProfileId: randomUUID() }), { ...mentee, roles: [] })).outcome).toBe(
      '422 idempotency-key-reused',
    );
    const stale = { 'If-Match': '"9"' };
    for (const path of [`/bookings/${randomUUID()}/accept`, `/bookings/${id}/accept`])
      expect((await ask('PATCH', path, { key, as: mentee, headers: stale })).outcome).toBe(
        '422 idempotency-key-reused',
      );
  });
});

describe('two at once', () => {
  test('of the same request have one effect: both get its response, or one gets 409 key in use', async () => {
    const before = await born();
    for (let n = 0; n < 40; n += 1) {
      const [key, body] = [randomUUID(), bookingRequest()];
      const answers = await Promise.all([post(key, body), post(key, body), post(key, body)]);
      const done = answers.filter(({ status }) => status === 201);
      expect(new Set(done.map(({ text }) => text)).size).toBe(1);
      for (const { outcome } of answers) expect(['201', '409 idempotency-key-in-use']).toContain(outcome);
    }
    expect(await born()).toBe(before + 40);
  });

  test('of different requests: one succeeds, the other is 422 or 409 key in use', async () => {
    for (let n = 0; n < 20; n += 1) {
      const [key, one, other] = [randomUUID(), await draft(), await draft()];
      const cancel = (id: string) => ask('PATCH', `/bookings/${id}/cancel`, { key, as: mentee });
      const outcomes = (await Promise.all([cancel(one), cancel(other)])).map(({ outcome }) => outcome).toSorted();
      expect(outcomes[0]).toBe('200');
      expect(['409 idempotency-key-in-use', '422 idempotency-key-reused']).toContain(outcomes[1]);
      const statuses = (await historiesOfBookings(api.owner, [one, other])).map(({ row }) => row?.['status']);
      expect(statuses.toSorted()).toEqual(['cancelled', 'draft']);
    }
  });

  test('while the first waits for its row, a second one with its key gets 409 at once, and the response once the first is done', async () => {
    const [key, id] = [randomUUID(), await draft()];
    const accept = (as: Call['as'] = mentor) => ask('PATCH', `/bookings/${id}/accept`, { key, as });
    const blocker = await connected(api.stack.bookings.adminDatabaseUrl);
    await blocker.query(`begin; select from bookings where id = '${id}' for update`);
    const first = accept();
    const held = `select count(*)::integer as n from pg_locks where locktype = 'advisory' and granted and mode = 'ExclusiveLock'
      and objsubid = 1 and database = (select oid from pg_database where datname = current_database())`;
    await eventually(async () => (await api.owner.query<{ n: number }>(held)).rows[0]?.n === 1, { within: 2_500 });
    const second = await accept();
    expect([second.outcome, second.headers.get('retry-after')]).toEqual(['409 idempotency-key-in-use', '1']);
    // the key of another, and no key at all, are not held up by it
    expect((await accept(otherMentee)).outcome).toBe('403 forbidden');
    await blocker.query('rollback');
    await blocker.end();
    expect((await first).outcome).toBe('200');
    expect(said(await accept())).toEqual(said(await first));
  });
});

describe('a key', () => {
  test.each(['!', '~', 'a'.repeat(255), '"8e03978e"', "<>&'\\"])('may be %s', async (key) => {
    const body = bookingRequest();
    const first = await post(key, body);
    expect(first.outcome).toBe('201');
    expect(said(await post(key, body))).toEqual(said(first));
  });

  test.each(['', 'a b', 'a'.repeat(256), 'é', 'a\tb'])('is no "%s"', async (key) => {
    const answer = await post(Buffer.from(key).toString('latin1'), bookingRequest());
    expect(answer.outcome).toBe('400 validation-failed');
    expect(answer.body.errors).toEqual([expect.objectContaining({ path: 'header.Idempotency-Key' })]);
  });

  test('does not apply to reads', async () => {
    expect((await ask('GET', '/bookings', { key: 'a b', as: mentee })).outcome).toBe('200');
  });

  test('is kept for 24 hours and then forgotten, by the role retention', async () => {
    const [key, older, body] = [randomUUID(), randomUUID(), bookingRequest()];
    const first = await post(key, body);
    await post(older, bookingRequest());
    const age = `update idempotency_keys set kept_at = kept_at - $2::interval where key = $1`;
    await api.owner.query(age, [key, '23 hours 50 minutes']);
    await api.owner.query(age, [older, '24 hours 1 second']);
    const { stack } = api;
    const other = await startRole({
      service: 'bookings',
      role: 'retention',
      env: {
        ...serviceEnvironment({ ...stack.bookings, auth: stack.auth }),
        RETENTION_DATABASE_URL: stack.bookings.retentionDatabaseUrl,
      },
    });
    const kept = `select key from idempotency_keys where key = any ($1)`;
    await eventually(async () => (await api.owner.query(kept, [[key, older]])).rowCount === 1, { within: 20_000 });
    await other.end('SIGTERM', 10_000);
    expect(said(await post(key, body))).toEqual(said(first));
  });
});
