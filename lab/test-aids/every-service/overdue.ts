import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aPersonOnBothSides, idsOf } from './lists.ts';
import { testApi, type ServiceUnderTest, type TimedRow } from './service.ts';

type Item = { readonly id: string; readonly version: number } & Readonly<Record<string, unknown>>;

const MINUTE = 60_000;

/** Fields that change with time: in responses, lists and conditional requests. */
export const overdue = ({
  service,
  noun,
  statuses,
  plain,
  overdue: { field, of, filters, insert },
}: ServiceUnderTest) =>
  describe(`${field} of ${service}`, () => {
    const api = testApi({ service });
    const me = aPersonOnBothSides();
    const now = Date.now();

    // at least five minutes from every boundary, since the test takes time
    const time = fc.record({
      status: fc.constantFrom(...statuses),
      ended: fc.integer({ min: -4, max: 12 }).map((n) => (10 * n + 5) * MINUTE),
      late: fc.constantFrom(-40, 30).map((minutes) => minutes * MINUTE),
    });
    const rows = fc.sample(time, { numRuns: 120, seed: 1 }).map(({ status, ended, late }, n): TimedRow => {
      const end = new Date(now - ended);
      const times = { start: new Date(end.getTime() - 40 * MINUTE), end, startedAt: new Date(end.getTime() + late) };
      return { ...plain(n, { ...me.asMentee, mentorProfileId: randomUUID(), status }), ...times };
    });
    const valueOf = new Map(rows.map((row) => [row.id, of(row, now)]));
    beforeAll(() => insert(api(), rows));

    const listed = async (query: string): Promise<Item[]> => {
      const items: Item[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const path = `/${service}?limit=17&${query}${cursor && `&cursor=${cursor}`}`;
        const { body } = await api().request('GET', path, { as: me.actor });
        items.push(...body.items);
        cursor = body.nextCursor;
      }
      return items;
    };

    test(`each ${noun} says what time has made of it, alone and in the list`, async () => {
      const items = await listed('');
      expect(new Map(items.map((item) => [item.id, item[field]]))).toEqual(valueOf);
      expect(new Set(valueOf.values()).size).toBe(new Set(Object.values(filters).map(String)).size);
      for (const item of items)
        expect((await api().request('GET', `/${service}/${item.id}`, { as: me.actor })).body).toEqual(item);
    });

    test(`a list is narrowed by it as the field says, together with status, in order and across pages`, async () => {
      const query = fc.record({
        filter: fc.constantFrom(...Object.keys(filters)),
        status: fc.option(fc.subarray([...statuses], { minLength: 1 }), { nil: undefined }),
        order: fc.constantFrom('asc', 'desc'),
      });
      const all = { asc: await listed('order=asc'), desc: await listed('order=desc') };
      const property = fc.asyncProperty(query, async ({ filter, status, order }) => {
        const items = await listed(`${filter}&order=${order}${status ? `&status=${status.join(',')}` : ''}`);
        const wanted = all[order].filter(
          (item) => filters[filter]!(valueOf.get(item.id)) && (status?.includes(item['status'] as string) ?? true),
        );
        expect(idsOf(items)).toEqual(idsOf(wanted));
      });
      await fc.assert(property, { numRuns: 60 });
    });

    test(`304 never hides it: only what time has not touched is unchanged`, async () => {
      for (const { id, [field]: value, version } of await listed('')) {
        const headers = { 'If-None-Match': `"${version}"` };
        const { status } = await api().request('GET', `/${service}/${id}`, { as: me.actor, headers });
        expect([value, status]).toEqual([value, value === null || value === false ? 304 : 200]);
      }
    });
  });
