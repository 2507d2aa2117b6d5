import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Answer } from '@mentor-sessions/lab/api-client';
import { listed, readTable } from '@mentor-sessions/lab/expectation-table';
import { countsOf, type History } from '@mentor-sessions/lab/history';
import { actors, type ActorName, people, profileId } from '@mentor-sessions/lab/people';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';
import { codes, creation, effects, lists, ofOneBooking } from './authorization-matrix.ts';
import { historiesOfBookings, inHour, insertBookings, plainBooking } from './plain-bookings.ts';

type State = 'absent' | 'draft' | 'accepted' | 'declined' | 'cancelled';
type Cell = { request: 'get' | keyof typeof effects; ifMatch: string; state: State; actor: ActorName; status: number };

const everyActor = Object.keys(actors) as ActorName[];
const cells = readTable(ofOneBooking).flatMap((line) =>
  listed(line['If-Match']).flatMap((ifMatch) =>
    listed(line['state']).flatMap((state) =>
      everyActor.map((actor) => ({ request: line['request'], ifMatch, state, actor, status: Number(line[actor]) })),
    ),
  ),
) as Cell[];

// a booking of its own for each cell, each in an hour of its own
const bookings = cells.map(({ state }, n) => plainBooking(n, state === 'absent' ? {} : { status: state }));
const outcomes: { answer: Answer; before: History; after: History }[] = [];
const tables = ['bookings', 'booking_transitions', 'outbox'];
let counts: Record<string, number>[];
let api: TestApi;

const knock = ({ request, ifMatch, actor, state }: Cell, id: string): Promise<Answer> => {
  const version = state === 'draft' || state === 'absent' ? 1 : 2;
  const tag = ifMatch === 'stale' ? version - 1 : version;
  const headers = ifMatch === '-' ? {} : { 'If-Match': `"${tag}"` };
  return request === 'get'
    ? api.request('GET', `/bookings/${id}`, { as: actors[actor], headers })
    : api.request('PATCH', `/bookings/${id}/${request}`, { as: actors[actor], headers });
};

beforeAll(async () => {
  api = await startTestApi({ service: 'bookings' });
  await insertBookings(
    api.app,
    bookings.filter((_, n) => cells[n]?.state !== 'absent'),
  );
  const ids = bookings.map(({ id }) => id);
  const before = await historiesOfBookings(api.owner, ids);
  counts = [await countsOf(api.owner, tables)];
  const answers: Answer[] = [];
  for (let n = 0; n < cells.length; n += 30)
    answers.push(...(await Promise.all(cells.slice(n, n + 30).map((cell, m) => knock(cell, ids[n + m]!)))));
  const after = await historiesOfBookings(api.owner, ids);
  counts.push(await countsOf(api.owner, tables));
  answers.forEach((answer, n) => outcomes.push({ answer, before: before[n]!, after: after[n]! }));
});

afterAll(() => api.stop());

const outcomeOf = (status: number): string => [status, codes[status]].filter(Boolean).join(' ');

describe.each(cells.map((cell, n) => ({ ...cell, n })))(
  '$request of a booking that is $state by $actor (If-Match $ifMatch)',
  ({ n, request, actor, status, state }) => {
    test(`answers ${outcomeOf(status)}`, () => {
      expect(outcomes[n]!.answer.outcome).toBe(outcomeOf(status));
    });

    if (status === 200 && request !== 'get')
      test('leaves the new state, its audit and its event', () => {
        const { to, events } = effects[request];
        const { before, after, answer } = outcomes[n]!;
        const by = actors[actor]!.userId;
        expect(after.row).toMatchObject({ status: to, version: 2, decided_by: by });
        expect(after.audit).toEqual([...before.audit, { from: 'draft', to, by }]);
        expect(after.events).toEqual(events);
        expect(answer.body).toMatchObject({ status: to, version: 2, allowedActions: [] });
        expect(answer.headers.get('etag')).toBe('"2"');
      });
    else
      test('changes nothing', () => {
        const { before, after, answer } = outcomes[n]!;
        expect(after).toEqual(before);
        expect(before.row === null).toBe(state === 'absent');
        if (status === 409) expect(answer.body).toMatchObject({ currentStatus: state });
      });
  },
);

test('nothing else was written anywhere', () => {
  const [before, after] = counts as [Record<string, number>, Record<string, number>];
  const changed = cells.filter(({ status, request }) => status === 200 && request !== 'get');
  const told = changed.filter(({ request }) => request === 'accept');
  expect(after).toEqual({
    bookings: before['bookings'],
    booking_transitions: before['booking_transitions']! + changed.length,
    outbox: told.length,
  });
});

test.each(everyActor)('%s asks for a booking', async (actor) => {
  const [line] = readTable(creation);
  const expected = Number(line?.[actor]);
  const before = await countsOf(api.owner, tables);
  const body = { listingId: randomUUID(), mentorProfileId: profileId, ...inHour(5_000) };
  const answer = await api.request('POST', '/bookings', { as: actors[actor], body });
  expect(answer.outcome).toBe(outcomeOf(expected));
  const born = expected === 201 ? 1 : 0;
  expect(await countsOf(api.owner, tables)).toEqual({
    ...{ bookings: before['bookings']! + born, outbox: before['outbox'] },
    booking_transitions: before['booking_transitions']! + born,
  });
  if (born) {
    const by = actors[actor]!.userId;
    expect(answer.body).toMatchObject({ menteeUserId: by, status: 'draft', version: 1 });
    const [history] = await historiesOfBookings(api.owner, [answer.body.id]);
    expect(history).toMatchObject({
      row: { mentee_user_id: by },
      audit: [{ from: null, to: 'draft', by }],
      events: [],
    });
  }
});

const asked = { list: '', 'list as mentor': '&as=mentor', 'list as mentee': '&as=mentee' };
const listCells = readTable(lists).flatMap((line) =>
  everyActor.map((actor) => ({ request: line['request'] as keyof typeof asked, actor, expected: line[actor]! })),
);

describe('a list holds only one’s own', () => {
  // in a year of their own, so that the rows of the other tests are not among them
  const year = 24 * 366;
  const theirs = [1, 2].map((n) => plainBooking(year + n));
  const { userId: menteeUserId } = people['another mentee'];
  const { mentorProfileId } = people['another mentor'];
  const others = [3, 4].map((n) => plainBooking(year + n, { menteeUserId, mentorProfileId }));
  const wanted: Record<string, string[]> = { theirs: idsOf(theirs), others: idsOf(others), none: [] };

  beforeAll(() => insertBookings(api.app, [...theirs, ...others]));

  test.each(listCells)('$request by $actor: $expected', async ({ request, actor, expected }) => {
    const from = inHour(year).start.toISOString();
    const answer = await api.request('GET', `/bookings?from=${from}&order=asc${asked[request]}`, { as: actors[actor] });
    if (expected === '401') expect(answer.outcome).toBe(outcomeOf(401));
    else expect(idsOf(answer.body.items)).toEqual(wanted[expected]);
  });
});

function idsOf(items: readonly { id: string }[]): string[] {
  return items.map(({ id }) => id);
}
