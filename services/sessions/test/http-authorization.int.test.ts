import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Answer } from '@mentor-sessions/lab/api-client';
import { listed, readTable } from '@mentor-sessions/lab/expectation-table';
import { countsOf, type History } from '@mentor-sessions/lab/history';
import { actors, type ActorName, people } from '@mentor-sessions/lab/people';
import { startTestApi, type TestApi } from '@mentor-sessions/lab/test-api';
import { codes, effects, lists, ofOneSession } from './authorization-matrix.ts';
import { historiesOfSessions, insertSessions, plainSession } from './plain-sessions.ts';

const versions = { absent: 1, scheduled: 1, in_progress: 2, completed: 3 };
type State = keyof typeof versions;
type Cell = { request: 'get' | keyof typeof effects; ifMatch: string; state: State; actor: ActorName; status: number };

const everyActor = Object.keys(actors) as ActorName[];
const cells = readTable(ofOneSession).flatMap((line) =>
  listed(line['If-Match']).flatMap((ifMatch) =>
    listed(line['state']).flatMap((state) =>
      everyActor.map((actor) => ({ request: line['request'], ifMatch, state, actor, status: Number(line[actor]) })),
    ),
  ),
) as Cell[];

// a session of its own for each cell
const sessions = cells.map(({ state }, n) => plainSession(n, state === 'absent' ? {} : { status: state }));
const outcomes: { answer: Answer; before: History; after: History }[] = [];
const tables = ['accepted_bookings', 'sessions', 'session_transitions', 'outbox'];
let counts: Record<string, number>[];
let api: TestApi;

const knock = ({ request, ifMatch, actor, state }: Cell, id: string): Promise<Answer> => {
  const tag = ifMatch === 'stale' ? versions[state] - 1 : versions[state];
  const headers = ifMatch === '-' ? {} : { 'If-Match': `"${tag}"` };
  return request === 'get'
    ? api.request('GET', `/sessions/${id}`, { as: actors[actor], headers })
    : api.request('PATCH', `/sessions/${id}/${request}`, { as: actors[actor], headers });
};

beforeAll(async () => {
  api = await startTestApi({ service: 'sessions' });
  await insertSessions(
    api.app,
    sessions.filter((_, n) => cells[n]?.state !== 'absent'),
  );
  const ids = sessions.map(({ id }) => id);
  const before = await historiesOfSessions(api.owner, ids);
  counts = [await countsOf(api.owner, tables)];
  const answers: Answer[] = [];
  for (let n = 0; n < cells.length; n += 30)
    answers.push(...(await Promise.all(cells.slice(n, n + 30).map((cell, m) => knock(cell, ids[n + m]!)))));
  const after = await historiesOfSessions(api.owner, ids);
  counts.push(await countsOf(api.owner, tables));
  answers.forEach((answer, n) => outcomes.push({ answer, before: before[n]!, after: after[n]! }));
});

afterAll(() => api.stop());

const outcomeOf = (status: number): string => [status, codes[status]].filter(Boolean).join(' ');

describe.each(cells.map((cell, n) => ({ ...cell, n })))(
  '$request of a session that is $state by $actor (If-Match $ifMatch)',
  ({ n, request, actor, status, state }) => {
    test(`answers ${outcomeOf(status)}`, () => {
      expect(outcomes[n]!.answer.outcome).toBe(outcomeOf(status));
    });

    if (status === 200 && request !== 'get')
      test('leaves the new state, its audit and its event', () => {
        const { to, events } = effects[request];
        const { before, after, answer } = outcomes[n]!;
        const [by, version] = [actors[actor]!.userId, versions[state] + 1];
        const verb = request === 'start' ? 'started' : 'completed';
        expect(after.row).toMatchObject({ status: to, version, [`${verb}_by`]: by });
        expect(after.audit).toEqual([...before.audit, { from: state, to, by }]);
        expect(after.events).toEqual(events);
        expect(answer.body).toMatchObject({ status: to, version, [`${verb}By`]: by });
        expect(answer.headers.get('etag')).toBe(`"${version}"`);
      });
    else
      test('changes nothing', () => {
        const { before, after, answer } = outcomes[n]!;
        expect(after).toEqual(before);
        expect(before.row === null).toBe(state === 'absent');
        if (status === 404) expect(answer.headers.get('retry-after')).toBe('1');
        if (status === 409) expect(answer.body).toMatchObject({ currentStatus: state });
      });
  },
);

test('nothing else was written anywhere', () => {
  const [before, after] = counts as [Record<string, number>, Record<string, number>];
  const changed = cells.filter(({ status, request }) => status === 200 && request !== 'get').length;
  expect(after).toEqual({
    ...before,
    session_transitions: before['session_transitions']! + changed,
    outbox: changed,
  });
});

const asked = { list: '', 'list as mentor': '&as=mentor', 'list as mentee': '&as=mentee' };
const listCells = readTable(lists).flatMap((line) =>
  everyActor.map((actor) => ({ request: line['request'] as keyof typeof asked, actor, expected: line[actor]! })),
);

describe('a list holds only one’s own', () => {
  // in a year of their own, so that the rows of the other tests are not among them
  const year = 24 * 366;
  const theirs = [1, 2].map((n) => plainSession(year + n));
  const { userId: menteeUserId } = people['another mentee'];
  const { mentorProfileId } = people['another mentor'];
  const others = [3, 4].map((n) => plainSession(year + n, { menteeUserId, mentorProfileId }));
  const wanted: Record<string, string[]> = { theirs: idsOf(theirs), others: idsOf(others), none: [] };

  beforeAll(() => insertSessions(api.app, [...theirs, ...others]));

  test.each(listCells)('$request by $actor: $expected', async ({ request, actor, expected }) => {
    const from = plainSession(year).start.toISOString();
    const answer = await api.request('GET', `/sessions?from=${from}&order=asc${asked[request]}`, { as: actors[actor] });
    if (expected === '401') expect(answer.outcome).toBe(outcomeOf(401));
    else expect(idsOf(answer.body.items)).toEqual(wanted[expected]);
  });
});

function idsOf(items: readonly { id: string }[]): string[] {
  return items.map(({ id }) => id);
}
