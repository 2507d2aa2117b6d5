import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Answer, Call } from '@mentor-sessions/lab/api-client';
import { mentorId, people } from '@mentor-sessions/lab/people';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';
import { historiesOfSessions, insertSessions, plainSession, type PlainSession } from './plain-sessions.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ service: 'sessions' });
});
afterAll(() => api.stop());

const [mentor, mentee] = [people['its mentor'], people['its mentee']];
const made = async (wanted: Partial<PlainSession> = {}): Promise<string> => {
  const session = plainSession(0, wanted);
  await insertSessions(api.app, [session]);
  return session.id;
};
const patch = (id: string, action = 'start', call: Call = {}): Promise<Answer> =>
  api.request('PATCH', `/sessions/${id}/${action}`, { as: mentor, ...call });
const historyOf = async (id: string) => (await historiesOfSessions(api.owner, [id]))[0];

test('the mentee starts a session and the mentor completes it; each response is the session, each step has an event', async () => {
  const [id, start] = [await made(), new Date('2020-02-01T10:00:00Z')];
  const long = await made({ start });
  const born = (await api.request('GET', `/sessions/${id}`, { as: mentee })).body;
  expect(born).toMatchObject({
    id,
    status: 'scheduled',
    version: 1,
    notes: null,
    metadata: {},
    allowedActions: ['start'],
    startedAt: null,
    startedBy: null,
    completedAt: null,
    completedBy: null,
  });
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
  const started = await patch(id, 'start', { as: mentee, headers: { traceparent } });
  const { startedAt } = started.body;
  expect(started.body).toEqual({
    ...born,
    status: 'in_progress',
    version: 2,
    startedBy: mentee.userId,
    allowedActions: [],
    startedAt,
    updatedAt: startedAt,
  });
  expect((await api.request('GET', `/sessions/${id}`, { as: mentor })).body.allowedActions).toEqual(['complete']);
  const completed = await patch(id, 'complete');
  const { completedAt } = completed.body;
  expect(completed.body).toEqual({
    ...started.body,
    status: 'completed',
    version: 3,
    completedBy: mentorId,
    completedAt,
    updatedAt: completedAt,
  });
  const { rows } = await api.owner.query('select envelope from outbox where aggregate_id = $1 order by sequence', [id]);
  expect(rows.map(({ envelope }) => [envelope.type, envelope.sequence, envelope.correlationid])).toEqual([
    ['session.started', '0000000002', born.bookingId],
    ['session.completed', '0000000003', born.bookingId],
  ]);
  expect(rows.map(({ envelope }) => envelope.traceparent)).toEqual([traceparent, undefined]);
  expect(rows[1].envelope.data).toEqual({
    sessionId: id,
    bookingId: born.bookingId,
    listingId: born.listingId,
    metadata: {},
    mentorProfileId: born.mentorProfileId,
    mentorUserId: mentorId,
    menteeUserId: mentee.userId,
    start: born.start,
    end: born.end,
    startedAt,
    startedBy: mentee.userId,
    completedAt,
    completedBy: mentorId,
  });
  // the clock has no say: long over or years ahead
  expect((await patch(long)).outcome).toBe('200');
});

// it is made of what was read and decided, not of what was written
test('the response to a transition equals a later read, with and without an Idempotency-Key', async () => {
  const steps = [
    { action: 'start', as: mentee },
    { action: 'complete', as: mentor },
  ] as const;
  for (const newHeaders of [() => ({}), () => ({ 'Idempotency-Key': randomUUID() })]) {
    const id = await made();
    for (const { action, as } of steps) {
      const headers = newHeaders();
      const answer = await patch(id, action, { as, headers });
      const read = await api.request('GET', `/sessions/${id}`, { as });
      expect(answer.outcome).toBe('200');
      expect(answer.body).toEqual(read.body);
      expect(answer.headers.get('etag')).toBe(read.headers.get('etag'));
    }
  }
});

test('a missing session is 404 with Retry-After', async () => {
  for (const answer of [
    await api.request('GET', `/sessions/${randomUUID()}`, { as: mentor }),
    await patch(randomUUID()),
  ])
    expect([answer.outcome, answer.headers.get('retry-after')]).toEqual(['404 not-found', '1']);
});

test('a session that is running cannot be started, one that was not started cannot be completed', async () => {
  const [running, scheduled] = [await made({ status: 'in_progress' }), await made()];
  expect((await patch(running)).body).toMatchObject({ code: 'invalid-transition', currentStatus: 'in_progress' });
  expect((await patch(scheduled, 'complete')).body).toMatchObject({
    code: 'invalid-transition',
    currentStatus: 'scheduled',
  });
});

test('the mentee does not complete it, not even as one of the users of the mentor profile', async () => {
  const id = await made({ status: 'in_progress' });
  for (const as of [
    mentee,
    people['its mentee, now of the mentor profile'],
    people['its mentee, there as mentor only'],
  ])
    expect((await patch(id, 'complete', { as })).outcome).toBe('403 forbidden');
  expect((await patch(id, 'complete', { as: people['another user of the mentor profile'] })).outcome).toBe('200');
});

describe('a PATCH takes no body, or {}', () => {
  test.each([undefined, {}, '', '{ }'])('%j', async (body) => {
    expect((await patch(await made(), 'start', { body })).outcome).toBe('200');
  });

  const bodies = [
    'null',
    '[]',
    '0',
    '""',
    '{"start":"2031-01-01T00:00:00Z"}',
    '{"startedAt":null}',
    '{"__proto__":{}}',
  ];
  test.each(bodies)('not %s', async (body) => {
    const id = await made();
    expect((await patch(id, 'start', { body })).outcome).toBe('400 validation-failed');
    expect((await historyOf(id))?.row).toMatchObject({ status: 'scheduled', version: 1 });
  });

  test('nor a query', async () => {
    const answer = await api.request('PATCH', `/sessions/${await made()}/start?now=2020-01-01T00:00:00Z`, {
      as: mentor,
    });
    expect([answer.outcome, answer.body.errors[0].path]).toEqual(['400 validation-failed', 'query.now']);
  });

  test.each(['{', 'NaN', Buffer.from([0xff])])('and what is no JSON is malformed: %#', async (body) => {
    expect((await patch(await made(), 'start', { body })).outcome).toBe('400 malformed-json');
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
  expect((await patch(id.toUpperCase())).body).toMatchObject({ id, status: 'in_progress' });
});
