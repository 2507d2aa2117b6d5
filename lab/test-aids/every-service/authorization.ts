import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Answer } from '../api-client.ts';
import { listed, readTable } from '../expectation-table.ts';
import { countsOf, type History } from '../history.ts';
import { actors, people, type ActorName } from '../people.ts';
import { idsOf } from './lists.ts';
import { testApi, type ServiceUnderTest } from './service.ts';

type Cell = { request: string; ifMatch: string; state: string; actor: ActorName; status: number };

const reads: Readonly<Record<string, string>> = { get: '', history: '/history' };

const everyActor = Object.keys(actors) as ActorName[];

export const codes: Readonly<Record<string, string>> = {
  400: 'validation-failed',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  409: 'invalid-transition',
  412: 'precondition-failed',
};
export const outcomeOf = (status: number): string => [status, codes[status]].filter(Boolean).join(' ');

/** Tests every cell of the service's matrix: each request in each state, with and without If-Match, by nine actors. */
export const authorization = (given: ServiceUnderTest): void => {
  const { service, noun, matrix, moves, versionIn, tables, signature, plain, insert, histories } = given;
  const cells = readTable(matrix.ofOne).flatMap((line) =>
    listed(line['If-Match']).flatMap((ifMatch) =>
      listed(line['state']).flatMap((state) =>
        everyActor.map((actor) => ({ request: line['request'], ifMatch, state, actor, status: Number(line[actor]) })),
      ),
    ),
  ) as Cell[];
  const isChange = ({ status, request }: Cell): boolean => status === 200 && !(request in reads);

  describe(`authorization of ${service}`, () => {
    // one row for each cell, each at another hour
    const rows = cells.map(({ state }, n) => plain(n, state === 'absent' ? {} : { status: state }));
    const outcomes: { answer: Answer; before: History; after: History }[] = [];
    const counted = [tables.rows, tables.transitions, 'outbox', ...tables.others];
    let counts: Record<string, number>[];
    const api = testApi({ service });
    const versionOf = (state: string): number => versionIn[state] ?? 1;

    const ask = ({ request, ifMatch, actor, state }: Cell, id: string): Promise<Answer> => {
      const tag = ifMatch === 'stale' ? versionOf(state) - 1 : versionOf(state);
      const headers = ifMatch === '-' ? {} : { 'If-Match': `"${tag}"` };
      return request in reads
        ? api().request('GET', `/${service}/${id}${reads[request]}`, { as: actors[actor], headers })
        : api().request('PATCH', `/${service}/${id}/${request}`, { as: actors[actor], headers });
    };

    beforeAll(async () => {
      const { app, owner } = api();
      await insert(
        app,
        rows.filter((_, n) => cells[n]?.state !== 'absent'),
      );
      const ids = rows.map(({ id }) => id);
      const before = await histories(owner, ids);
      counts = [await countsOf(owner, counted)];
      const answers: Answer[] = [];
      for (let n = 0; n < cells.length; n += 30)
        answers.push(...(await Promise.all(cells.slice(n, n + 30).map((cell, m) => ask(cell, ids[n + m]!)))));
      const after = await histories(owner, ids);
      counts.push(await countsOf(owner, counted));
      answers.forEach((answer, n) => outcomes.push({ answer, before: before[n]!, after: after[n]! }));
    });

    describe.each(cells.map((cell, n) => ({ ...cell, n })))(
      `$request of a ${noun} that is $state by $actor (If-Match $ifMatch)`,
      ({ n, ...cell }) => {
        const { request, actor, status, state } = cell;
        test(`answers ${outcomeOf(status)}`, () => {
          expect(outcomes[n]!.answer.outcome).toBe(outcomeOf(status));
        });

        if (isChange(cell))
          test('leaves the new state, its audit and its event', () => {
            const { to, events } = moves[request]!;
            const { before, after, answer } = outcomes[n]!;
            const [by, version] = [actors[actor]!.userId, versionOf(state) + 1];
            expect(after.row).toMatchObject({ status: to, version, ...signature.row(request, by) });
            expect(after.audit).toEqual([...before.audit, { from: state, to, by }]);
            expect(after.events).toEqual(events);
            expect(answer.body).toMatchObject({ status: to, version, ...signature.answer(request, by) });
            expect(answer.headers.get('etag')).toBe(`"${version}"`);
          });
        else
          test('changes nothing', () => {
            const { before, after, answer } = outcomes[n]!;
            expect(after).toEqual(before);
            expect(before.row === null).toBe(state === 'absent');
            if (status === 404 && service === 'sessions') expect(answer.headers.get('retry-after')).toBe('1');
            if (status === 200 && request === 'history') expect(answer.body.items).toMatchObject(before.audit);
            if (status === 409) expect(answer.body).toMatchObject({ currentStatus: state });
          });
      },
    );

    test('nothing else was written anywhere', () => {
      const [before, after] = counts as [Record<string, number>, Record<string, number>];
      const changed = cells.filter(isChange);
      expect(after).toEqual({
        ...before,
        [tables.transitions]: before[tables.transitions]! + changed.length,
        outbox: changed.flatMap(({ request }) => moves[request]!.events).length,
      });
    });

    const asked = { list: '', 'list as mentor': '&as=mentor', 'list as mentee': '&as=mentee' };
    const listCells = readTable(matrix.lists).flatMap((line) =>
      everyActor.map((actor) => ({ request: line['request'] as keyof typeof asked, actor, expected: line[actor]! })),
    );

    describe('a list holds only one’s own', () => {
      // in a year that no other test uses
      const year = 24 * 366;
      const theirs = [1, 2].map((n) => plain(year + n));
      const { userId: menteeUserId } = people['another mentee'];
      const { mentorProfileId } = people['another mentor'];
      const others = [3, 4].map((n) => plain(year + n, { menteeUserId, mentorProfileId }));
      const wanted: Record<string, string[]> = { theirs: idsOf(theirs), others: idsOf(others), none: [] };

      beforeAll(() => insert(api().app, [...theirs, ...others]));

      test.each(listCells)('$request by $actor: $expected', async ({ request, actor, expected }) => {
        const path = `/${service}?from=${plain(year).start.toISOString()}&order=asc${asked[request]}`;
        const answer = await api().request('GET', path, { as: actors[actor] });
        if (expected === '401') expect(answer.outcome).toBe(outcomeOf(401));
        else expect(idsOf(answer.body.items)).toEqual(wanted[expected]);
      });
    });
  });
};
