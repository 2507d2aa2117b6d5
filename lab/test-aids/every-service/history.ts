import { describe, expect, test } from '@jest/globals';
import { people } from '../people.ts';
import { testApi, type ServiceUnderTest } from './service.ts';

/** authorization.ts tests who may read it. */
export const history = ({ service, noun, statuses, moves, tables, plain, insert }: ServiceUnderTest): void =>
  describe(`history of ${service}`, () => {
    const api = testApi({ service });

    /** A row at the end of its lifecycle, and its states. */
    const gone = async (n: number) => {
      const { id } = plain(n);
      await insert(api().app, [{ ...plain(n), id }]);
      const seen = [statuses[0]];
      for (const [action, { from, to, as }] of Object.entries(moves))
        if (from === seen.at(-1)) {
          expect((await api().request('PATCH', `/${service}/${id}/${action}`, { as })).outcome).toBe('200');
          seen.push(to);
        }
      return { id, seen };
    };
    const historyOf = async (id: string) =>
      (await api().request('GET', `/${service}/${id}/history`, { as: people['its mentee'] })).body;

    test(`has each transition of a ${noun} as the audit has it: from, to, who and when, and nothing else`, async () => {
      const { id, seen } = await gone(0);
      const { rows } = await api().owner.query<{ at: Date }>(
        `select from_status as "from", to_status as "to", actor_user_id as "by", at from ${tables.transitions}
        where ${noun}_id = $1 order by at`,
        [id],
      );
      expect(await historyOf(id)).toEqual({ items: rows.map((row) => ({ ...row, at: row.at.toISOString() })) });
      expect(rows).toMatchObject(seen.map((to, n) => ({ from: seen[n - 1] ?? null, to })));
    });

    test('is in the order of the lifecycle, also when the clock was set back meanwhile', async () => {
      const { id, seen } = await gone(1);
      await api().owner.query(
        `update ${tables.transitions} set at = at - interval '1 day' where ${noun}_id = $1 and to_status = $2`,
        [id, seen.at(-1)],
      );
      const { items } = await historyOf(id);
      expect(items.map(({ to }: { to: string }) => to)).toEqual(seen);
    });
  });
