import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeCursor, encodeCursor, mergePages } from './keyset.ts';

const item = fc.record({
  id: fc.uuid(),
  startTime: fc.date({ min: new Date('2026-01-01'), max: new Date('2026-01-02'), noInvalidDate: true }),
});
type Item = { id: string; startTime: Date };

const inOrder = (order: 'asc' | 'desc') => (a: Item, b: Item) =>
  (order === 'asc' ? 1 : -1) * (a.startTime.getTime() - b.startTime.getTime() || (a.id < b.id ? -1 : 1));

test('paging through two lists shows every item once, in order', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(item, { selector: ({ id }) => id }),
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom('asc' as const, 'desc' as const),
      (all, limit, order) => {
        const sorted = all.toSorted(inOrder(order));
        const lists = [sorted.filter((_, n) => n % 3 !== 0), sorted.filter((_, n) => n % 2 === 0 || n % 3 === 0)];
        const seen: Item[] = [];
        for (let cursor = null as ReturnType<typeof decodeCursor>; ;) {
          const after = cursor;
          const beyond = (one: Item) => !after || inOrder(order)(one, { id: after.id, startTime: after.start }) > 0;
          const page = mergePages(
            lists.map((list) => list.filter((one) => beyond(one) && one.id !== after?.id).slice(0, limit + 1)),
            { order, limit, cursor },
          );
          seen.push(...page.items);
          if (page.nextCursor === null) break;
          cursor = decodeCursor(page.nextCursor);
        }
        expect(seen).toEqual(sorted);
      },
    ),
  );
});

test('a cursor is what it was made of, and nothing else is a cursor', () => {
  const cursor = { start: new Date('2026-05-01T10:00:00.123Z'), id: '0197a3c0-0000-7000-8000-000000000001' };
  expect(decodeCursor(encodeCursor(cursor))).toEqual(cursor);
  for (const text of ['', 'x', encodeCursor(cursor).slice(1)]) expect(decodeCursor(text)).toBeNull();
  for (const decoded of [
    '0000-01-01T00:00:00.000Z 0',
    `0000-01-01T00:00:00.000Z ${cursor.id}`,
    `2026-02-30T10:00:00.000Z ${cursor.id}`,
    `9999-12-31T24:00:00.000Z ${cursor.id}`,
  ])
    expect(decodeCursor(Buffer.from(decoded).toString('base64url'))).toBeNull();
});
