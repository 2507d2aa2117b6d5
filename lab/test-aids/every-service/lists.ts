import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import refusedQueries from './fixtures/refused-queries.json' with { type: 'json' };
import { testApi, type PlainRow, type ServiceUnderTest } from './service.ts';

/** A person who is mentor and mentee, of different rows and of the same row. */
export const aPersonOnBothSides = () => {
  const [userId, mentorProfileId] = [randomUUID(), randomUUID()];
  return {
    actor: { userId, mentorProfileId, roles: ['mentor', 'mentee'] },
    asMentor: { mentorProfileId },
    asMentee: { menteeUserId: userId, mentorProfileId: randomUUID() },
    asBoth: { menteeUserId: userId, mentorProfileId },
  };
};
type Somebody = ReturnType<typeof aPersonOnBothSides>;
const sides = ['asMentor', 'asMentee', 'asBoth'] as const;

export const idsOf = (items: readonly { id: string }[]): string[] => items.map(({ id }) => id);

const inOrder = (rows: readonly PlainRow[], order: 'asc' | 'desc'): PlainRow[] => {
  const ascending = rows.toSorted((a, b) => a.start.getTime() - b.start.getTime() || (a.id < b.id ? -1 : 1));
  return order === 'asc' ? ascending : ascending.reverse();
};

const cursorOf = (text: string): string => Buffer.from(text).toString('base64url');

const refused = [
  ...refusedQueries,
  `cursor=${cursorOf(`2031-01-01T00:00:00.000Z 7`)}`,
  `cursor=${cursorOf(`2031-01-01 ${randomUUID()}`)}`,
  `cursor=${cursorOf(`2031-13-01T00:00:00.000Z ${randomUUID()}`)}`,
  `cursor=${cursorOf(`9999-12-31T24:00:00.000Z ${randomUUID()}`)}`,
  `cursor=${cursorOf(`2031-01-01T00:00:00.000Z ${randomUUID()}' or 1=1--`)}`,
  `cursor=${'A'.repeat(4_000)}`,
  `ids=${Array.from({ length: 101 }, () => randomUUID()).join(',')}`,
];

export const lists = ({ service, noun, statuses, plain, insert, lists: own }: ServiceUnderTest): void =>
  describe(`lists of ${service}`, () => {
    const api = testApi({ service });

    const list = ({ actor }: Somebody, query: Record<string, string | number | null | undefined> = {}) => {
      const given = Object.entries(query).filter(([, value]) => value !== undefined);
      const search = new URLSearchParams(Object.fromEntries(given.map(([name, value]) => [name, String(value)])));
      return api().request('GET', `/${service}?${search.toString()}`, { as: actor });
    };

    describe('paging', () => {
      const row = fc.record({ hour: fc.nat(12), side: fc.constantFrom(...sides), late: fc.boolean() });
      const query = fc.record({
        order: fc.constantFrom('asc' as const, 'desc' as const),
        limit: fc.integer({ min: 1, max: 12 }),
        as: fc.constantFrom(undefined, 'mentor' as const, 'mentee' as const),
      });

      test(`shows each ${noun} that was there all the time exactly once and in order, whatever comes in between`, async () => {
        const property = fc.asyncProperty(
          fc.array(row, { maxLength: 40 }),
          query,
          async (rows, { order, limit, as }) => {
            const me = aPersonOnBothSides();
            const isSeen = ({ side }: { side: string }) =>
              as === undefined || side === 'asBoth' || side.toLowerCase() === `as${as}`;
            const made = rows.map((each) => ({ ...each, row: plain(each.hour, me[each.side]) }));
            const early = made.filter(({ late }) => !late);
            const late = made.filter((each) => each.late);
            await insert(
              api().app,
              early.map((each) => each.row),
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
              if (next) await insert(api().app, [next.row]);
            } while (cursor);
            const inTheirOrder = (some: typeof made) =>
              idsOf(
                inOrder(
                  some.map((each) => each.row),
                  order,
                ),
              );
            const wanted = inTheirOrder(early.filter(isSeen));
            expect(idsOf(seen).filter((id) => wanted.includes(id))).toEqual(wanted);
            expect(new Set(idsOf(seen)).size).toBe(seen.length);
            expect(idsOf(seen)).toEqual(inTheirOrder(made.filter((each) => idsOf(seen).includes(each.row.id))));
          },
        );
        await fc.assert(property, { numRuns: 40 });
      });

      test('ends with null, also when the last page is full', async () => {
        const me = aPersonOnBothSides();
        await insert(
          api().app,
          [0, 1, 2, 3].map((n) => plain(n, me.asMentor)),
        );
        const first = (await list(me, { limit: 2 })).body;
        const second = (await list(me, { limit: 2, cursor: first.nextCursor })).body;
        expect([first.items.length, typeof first.nextCursor]).toEqual([2, 'string']);
        expect([second.items.length, second.nextCursor]).toEqual([2, null]);
      });

      test('has 20 items in a page, the latest first, unless the caller asks otherwise', async () => {
        const me = aPersonOnBothSides();
        const rows = Array.from({ length: 101 }, (_, n) => plain(n, n % 2 ? me.asMentor : me.asMentee));
        await insert(api().app, rows);
        const latestFirst = idsOf(inOrder(rows, 'desc'));
        expect(idsOf((await list(me)).body.items)).toEqual(latestFirst.slice(0, 20));
        expect(idsOf((await list(me, { limit: 100, order: 'asc' })).body.items)).toEqual(
          latestFirst.reverse().slice(0, 100),
        );
      });
    });

    test('status, side and period narrow the list together; the period includes its start and not its end', async () => {
      const me = aPersonOnBothSides();
      const sideOf = (n: number) => sides[Math.floor(n / statuses.length) % 3]!;
      const timeOf = (n: number): string => plain(n).start.toISOString();
      const rows = Array.from({ length: 24 }, (_, n) =>
        plain(n, { status: statuses[n % statuses.length]!, ...me[sideOf(n)] }),
      );
      await insert(api().app, rows);
      const periods = [
        [undefined, 12],
        [4, undefined],
        [4, 20],
        [9, 9],
        [20, 4],
      ] as const;
      for (const status of [undefined, ...statuses])
        for (const as of [undefined, 'mentor', 'mentee'] as const)
          for (const [from, to] of periods) {
            const query = { status, as, from: from && timeOf(from), to: to && timeOf(to), limit: 100, order: 'asc' };
            const wanted = rows.filter(
              (row, n) =>
                (status ?? row.status) === row.status &&
                (as === undefined || sideOf(n) === 'asBoth' || (sideOf(n) === 'asMentor') === (as === 'mentor')) &&
                n >= (from ?? 0) &&
                n < (to ?? 24),
            );
            expect(idsOf((await list(me, query)).body.items)).toEqual(idsOf(wanted));
          }
    });

    test('several statuses, ids and what overlaps a period narrow the list together, across pages', async () => {
      const me = aPersonOnBothSides();
      const hour = 3_600_000;
      const row = fc.record({
        hour: fc.nat(72),
        length: fc.constantFrom(1, 24, 25, 60),
        side: fc.constantFrom(...sides),
      });
      const made = fc.sample(row, { numRuns: 40, seed: 1 }).map((each, n) => {
        const start = plain(each.hour).start;
        const end = new Date(start.getTime() + each.length * hour);
        return { ...plain(each.hour, { ...me[each.side], status: statuses[0]! }), start, end, n };
      });
      if (service === 'bookings') await api().owner.query('update booking_bounds set longest_hours = 100');
      await insert(api().app, made);
      const others = Array.from({ length: 12 }, (_, n) =>
        plain(100 + n, { ...me.asMentee, status: statuses[n % statuses.length]! }),
      );
      await insert(api().app, others);
      const all = [...made, ...others];
      const query = fc.record({
        status: fc.option(fc.subarray([...statuses], { minLength: 1 }), { nil: undefined }),
        ids: fc.option(fc.subarray(all, { minLength: 1 }), { nil: undefined }),
        endsAfter: fc.option(fc.nat(150), { nil: undefined }),
        to: fc.option(fc.nat(150), { nil: undefined }),
        order: fc.constantFrom('asc' as const, 'desc' as const),
        isRepeated: fc.boolean(),
      });
      const property = fc.asyncProperty(query, async ({ status, ids, endsAfter, to, order, isRepeated }) => {
        const search = new URLSearchParams({ order, limit: '17' });
        const lists = { status, ids: ids && idsOf(ids) };
        for (const [name, values] of Object.entries(lists))
          if (isRepeated) for (const value of values ?? []) search.append(name, value);
          else if (values) search.append(name, values.join(','));
        const [after, before] = [endsAfter, to].map((n) => n !== undefined && plain(n).start);
        if (after) search.set('endsAfter', after.toISOString());
        if (before) search.set('to', before.toISOString());
        const seen: string[] = [];
        for (let next: string | null = ''; next !== null;) {
          if (next) search.set('cursor', next);
          const { body } = await api().request('GET', `/${service}?${search.toString()}`, { as: me.actor });
          seen.push(...idsOf(body.items));
          next = body.nextCursor;
        }
        const wanted = all.filter(
          ({ id, status: is, start, end }) =>
            (status?.includes(is) ?? true) &&
            (ids?.some((one) => one.id === id) ?? true) &&
            (!after || end > after) &&
            (!before || start < before),
        );
        expect(seen).toEqual(idsOf(inOrder(wanted, order)));
      });
      await fc.assert(property, { numRuns: 60 });
    });

    test(`an item of a list is the ${noun}, as this caller sees it`, async () => {
      const me = aPersonOnBothSides();
      const [row, other] = [plain(0, me.asBoth), plain(1, me.asMentee)];
      await insert(api().app, [row, other]);
      const { items } = (await list(me, { order: 'asc' })).body;
      expect(items[0]).toEqual((await api().request('GET', `/${service}/${row.id}`, { as: me.actor })).body);
      expect(items.map(({ allowedActions }: { allowedActions: string[] }) => allowedActions)).toEqual(own.actions);
    });

    test.each([...refused, ...own.refused])('refuses ?%s', async (query) => {
      const answer = await api().request('GET', `/${service}?${query}`, { as: aPersonOnBothSides().actor });
      expect([answer.outcome, answer.body.errors.length > 0]).toEqual(['400 validation-failed', true]);
    });

    test('takes the whole calendar as period, with any offset', async () => {
      const me = aPersonOnBothSides();
      const row = plain(0, me.asMentor);
      await insert(api().app, [row]);
      const whole = { from: '0001-01-01T00:00:00Z', to: '9999-12-31T23:59:59.999+00:00' };
      // what Go and .NET send for a time that was never set
      const unset = { endsAfter: '0001-01-01T00:00:00Z' };
      for (const period of [whole, unset, { ...whole, ...unset }])
        expect((await list(me, period)).body.items).toHaveLength(1);
      const inIndia = new Date(row.start.getTime() + 19_800_000).toISOString().replace('Z', '+05:30');
      expect((await list(me, { from: inIndia })).body.items).toHaveLength(1);
      expect((await list(me, { to: inIndia })).body.items).toHaveLength(0);
    });
  });
