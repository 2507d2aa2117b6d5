import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';
import fc from 'fast-check';
import { insertSessions, plainSession, type PlainSession } from './plain-sessions.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ service: 'sessions' });
});
afterAll(() => api.stop());

/** Somebody who is on both sides, of different sessions and of the same. */
const somebody = () => {
  const [userId, mentorProfileId] = [randomUUID(), randomUUID()];
  return {
    actor: { userId, mentorProfileId, roles: ['mentor', 'mentee'] },
    asMentor: { mentorProfileId },
    asMentee: { menteeUserId: userId, mentorProfileId: randomUUID() },
    asBoth: { menteeUserId: userId, mentorProfileId },
  };
};
type Somebody = ReturnType<typeof somebody>;
const sides = ['asMentor', 'asMentee', 'asBoth'] as const;

const list = ({ actor }: Somebody, query: Record<string, string | number | null | undefined> = {}) => {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  const search = new URLSearchParams(Object.fromEntries(given.map(([name, value]) => [name, String(value)])));
  return api.request('GET', `/sessions?${search.toString()}`, { as: actor });
};
const idsOf = (items: readonly { id: string }[]): string[] => items.map(({ id }) => id);

const inOrder = (sessions: readonly PlainSession[], order: 'asc' | 'desc'): PlainSession[] => {
  const ascending = sessions.toSorted((a, b) => a.start.getTime() - b.start.getTime() || (a.id < b.id ? -1 : 1));
  return order === 'asc' ? ascending : ascending.reverse();
};

describe('paging', () => {
  const row = fc.record({ hour: fc.nat(12), side: fc.constantFrom(...sides), late: fc.boolean() });
  const query = fc.record({
    order: fc.constantFrom('asc' as const, 'desc' as const),
    limit: fc.integer({ min: 1, max: 12 }),
    as: fc.constantFrom(undefined, 'mentor' as const, 'mentee' as const),
  });

  test('shows each session that was there all the time exactly once and in order, whatever comes in between', async () => {
    const property = fc.asyncProperty(fc.array(row, { maxLength: 40 }), query, async (rows, { order, limit, as }) => {
      const me = somebody();
      const isSeen = ({ side }: { side: string }) =>
        as === undefined || side === 'asBoth' || side.toLowerCase() === `as${as}`;
      const made = rows.map((each) => ({ ...each, session: plainSession(each.hour, me[each.side]) }));
      const early = made.filter(({ late }) => !late);
      const late = made.filter((each) => each.late);
      await insertSessions(
        api.app,
        early.map(({ session }) => session),
      );
      const seen: { id: string; start: string }[] = [];
      let cursor: string | null | undefined;
      do {
        const { body } = await list(me, { order, limit, as, cursor });
        seen.push(...body.items);
        expect(body.items.length).toBeLessThanOrEqual(limit);
        expect(seen.length).toBeLessThanOrEqual(rows.length);
        cursor = body.nextCursor;
        const next = late.pop();
        if (next) await insertSessions(api.app, [next.session]);
      } while (cursor);
      const wanted = idsOf(
        inOrder(
          early.filter(isSeen).map(({ session }) => session),
          order,
        ),
      );
      expect(idsOf(seen).filter((id) => wanted.includes(id))).toEqual(wanted);
      expect(new Set(idsOf(seen)).size).toBe(seen.length);
      const known = made.filter(({ session }) => idsOf(seen).includes(session.id));
      expect(idsOf(seen)).toEqual(
        idsOf(
          inOrder(
            known.map(({ session }) => session),
            order,
          ),
        ),
      );
    });
    await fc.assert(property, { numRuns: 40 });
  });

  test('ends with null, also when the last page is full', async () => {
    const me = somebody();
    await insertSessions(
      api.app,
      [0, 1, 2, 3].map((n) => plainSession(n, me.asMentor)),
    );
    const first = (await list(me, { limit: 2 })).body;
    const second = (await list(me, { limit: 2, cursor: first.nextCursor })).body;
    expect([first.items.length, typeof first.nextCursor, second.items.length, second.nextCursor]).toEqual([
      2,
      'string',
      2,
      null,
    ]);
  });

  test('has 20 items in a page, the latest first, unless told otherwise', async () => {
    const me = somebody();
    const sessions = Array.from({ length: 101 }, (_, n) => plainSession(n, n % 2 ? me.asMentor : me.asMentee));
    await insertSessions(api.app, sessions);
    const latestFirst = idsOf(inOrder(sessions, 'desc'));
    expect(idsOf((await list(me)).body.items)).toEqual(latestFirst.slice(0, 20));
    expect(idsOf((await list(me, { limit: 100, order: 'asc' })).body.items)).toEqual(
      latestFirst.reverse().slice(0, 100),
    );
  });
});

test('status, side and period narrow the list together; the period includes its start and not its end', async () => {
  const me = somebody();
  const statuses = ['scheduled', 'in_progress', 'completed'] as const;
  const sessions = Array.from({ length: 24 }, (_, n) =>
    plainSession(n, { status: statuses[n % 3]!, ...me[sideOf(n)] }),
  );
  await insertSessions(api.app, sessions);
  for (const status of [undefined, ...statuses])
    for (const as of [undefined, 'mentor', 'mentee'] as const)
      for (const [from, to] of [
        [undefined, 12],
        [4, undefined],
        [4, 20],
        [9, 9],
        [20, 4],
      ] as const) {
        const query = { status, as, from: from && timeOf(from), to: to && timeOf(to), limit: 100, order: 'asc' };
        const wanted = sessions.filter(
          (session, n) =>
            (status ?? session.status) === session.status &&
            (as === undefined || sideOf(n) === 'asBoth' || (sideOf(n) === 'asMentor') === (as === 'mentor')) &&
            n >= (from ?? 0) &&
            n < (to ?? 24),
        );
        expect(idsOf((await list(me, query)).body.items)).toEqual(idsOf(wanted));
      }

  function sideOf(n: number) {
    return sides[Math.floor(n / 3) % 3]!;
  }
  function timeOf(n: number): string {
    return plainSession(n).start.toISOString();
  }
});

test('the session of a booking is found by the booking, by its two people only, also in upper case', async () => {
  const [me, stranger] = [somebody(), somebody()];
  const sessions = [0, 1, 2].map((n) => plainSession(n, me[sides[n]!]));
  await insertSessions(api.app, sessions);
  for (const { id, bookingId } of sessions) {
    expect(idsOf((await list(me, { bookingId: bookingId.toUpperCase() })).body.items)).toEqual([id]);
    expect((await list(stranger, { bookingId })).body.items).toEqual([]);
    expect((await list(me, { bookingId, status: 'completed' })).body.items).toEqual([]);
  }
  expect((await list(me, { bookingId: randomUUID() })).body.items).toEqual([]);
});

test('an item of a list is the session, as this caller sees it', async () => {
  const me = somebody();
  const [session, other] = [plainSession(0, me.asBoth), plainSession(1, me.asMentee)];
  await insertSessions(api.app, [session, other]);
  const { items } = (await list(me, { order: 'asc' })).body;
  expect(items[0]).toEqual((await api.request('GET', `/sessions/${session.id}`, { as: me.actor })).body);
  expect(items.map(({ allowedActions }: { allowedActions: string[] }) => allowedActions)).toEqual([
    ['start'],
    ['start'],
  ]);
});

const cursorOf = (text: string): string => Buffer.from(text).toString('base64url');

test.each([
  ...['limit=0', 'limit=101', 'limit=1.5', 'limit=', 'limit=-1', 'limit=1e1', 'limit=%2B1', 'limit=1&limit=2'],
  ...['order=up', 'order=', 'as=operator', 'status=draft', 'status=completed&status=completed', 'status='],
  ...[
    'from=2031-01-01',
    'from=yesterday',
    'to=2031-02-30T00:00:00Z',
    'to=2031-01-01T00:00:00',
    'from=0000-01-01T00:00:00Z',
  ],
  ...['cursor=', 'cursor=null', 'cursor=AAAA', 'cursor=%00', `cursor=${cursorOf(`2031-01-01T00:00:00.000Z 7`)}`],
  ...[
    `cursor=${cursorOf(`2031-01-01 ${randomUUID()}`)}`,
    `cursor=${cursorOf(`2031-13-01T00:00:00.000Z ${randomUUID()}`)}`,
  ],
  ...[`cursor=${cursorOf(`2031-01-01T00:00:00.000Z ${randomUUID()}' or 1=1--`)}`, `cursor=${'A'.repeat(4_000)}`],
  ...['bookingId=7', 'bookingId=', 'page=2', '__proto__=a', 'limit[]=1'],
])('refuses ?%s', async (query) => {
  const answer = await api.request('GET', `/sessions?${query}`, { as: somebody().actor });
  expect([answer.outcome, answer.body.errors.length > 0]).toEqual(['400 validation-failed', true]);
});

test('takes the whole calendar as period, with any offset', async () => {
  const me = somebody();
  await insertSessions(api.app, [plainSession(0, me.asMentor)]);
  const whole = { from: '0001-01-01T00:00:00Z', to: '9999-12-31T23:59:59.999+00:00' };
  expect((await list(me, whole)).body.items).toHaveLength(1);
  const { start } = plainSession(0);
  const inIndia = new Date(start.getTime() + 19_800_000).toISOString().replace('Z', '+05:30');
  expect((await list(me, { from: inIndia })).body.items).toHaveLength(1);
  expect((await list(me, { to: inIndia })).body.items).toHaveLength(0);
});
