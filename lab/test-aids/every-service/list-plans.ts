import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Actor } from '@mentor-sessions/service-kit/actor';
import { createDatabase, type Database } from '@mentor-sessions/service-kit/database';
import type { Filter, Page, PageRequest } from '@mentor-sessions/service-kit/keyset';
import { createLogger } from '@mentor-sessions/service-kit/log';
import type pg from 'pg';
import { connected } from '../plain-sql.ts';
import { recordStatements, type RecordedStatement } from '../recorded-statements.ts';
import { createTestStack, type TestStack } from '../test-stack.ts';

export const [busy, noOne] = ['01980000-0000-7000-8000-00000000000a', '01980000-0000-7000-8000-000000000000'];
const actor: Actor = { userId: busy, mentorProfileId: busy, roles: ['mentor', 'mentee'] };

type Listing = {
  readonly service: 'bookings' | 'sessions';
  /** 20,000 rows, a fifth in the past, the others within the next 8,000 hours; half of them belong to one busy user, as mentor or mentee. */
  readonly fill: string;
  readonly statuses: readonly [string, string];
  /** The filter for what is overdue. */
  readonly overdue: object;
  readonly list: (database: Database) => (actor: Actor, filter: Filter, page: PageRequest) => Promise<Page<unknown>>;
};

export const listPlans = ({ service, fill, statuses, overdue, list }: Listing): void =>
  describe(`plans of the lists of ${service}`, () => {
    let stack: TestStack;
    let owner: pg.Client;
    let database: Database;
    let sent: RecordedStatement[];
    let listOwn: ReturnType<typeof list>;

    beforeAll(async () => {
      stack = await createTestStack();
      const { databaseUrl: url, adminDatabaseUrl } = stack[service];
      owner = await connected(adminDatabaseUrl);
      await owner.query(fill);
      await owner.query(`analyze ${service}`);
      const log = createLogger({ service, role: 'test', level: 'error' });
      database = createDatabase({ url, applicationName: 'test', log });
      sent = recordStatements(database.pool);
      listOwn = list(database);
    });
    afterAll(async () => {
      await database.close();
      await owner.end();
      await stack.close();
    });

    /** The items of a list, and each statement that reads the table for it with its plan. */
    const plansOf = async (filter: Filter, page: PageRequest) => {
      sent.length = 0;
      const { items } = await listOwn(actor, filter, page);
      const plans: { text: string; plan: string }[] = [];
      for (const { text, values } of sent.filter((one) => one.text.includes(`from "${service}"`))) {
        const explained = `explain (analyze, timing off, costs off) ${text}`;
        const { rows } = await owner.query<Record<'QUERY PLAN', string>>(explained, values);
        plans.push({ text, plan: rows.map((row) => row['QUERY PLAN']).join('\n') });
      }
      return { items, plans };
    };

    const inHours = (n: number): Date => new Date(Date.now() + n * 3_600_000);
    const cursor = { start: inHours(5_000), id: noOne };
    const status = statuses.slice(0, 1);
    const filters: Record<string, { filter: Filter; cursor: PageRequest['cursor'] }> = {
      'without a filter': { filter: {}, cursor: null },
      'with a status': { filter: { status }, cursor: null },
      'with two statuses': { filter: { status: statuses }, cursor: null },
      'from a cursor on': { filter: {}, cursor },
      'with status, period and cursor': { filter: { status, from: inHours(1), to: inHours(7_000) }, cursor },
      'of what is overdue': { filter: overdue, cursor: null },
    };
    const cases = Object.entries(filters).flatMap(([name, given]) =>
      (['asc', 'desc'] as const).map((order) => ({ name, order, ...given })),
    );

    test.each(cases)('a list $name, $order, reads a page of the index and no more', async (given) => {
      const { order, cursor: from, filter } = given;
      const { items, plans } = await plansOf(filter, { order, limit: 20, cursor: from });
      expect(items).toHaveLength(20);
      expect(plans).toHaveLength(2 * (filter.status?.length ?? 1));
      for (const { plan } of plans) {
        expect(plan).toMatch(/Index Scan (Backward )?using (booking|session)_by_(mentor|mentee)/);
        expect(plan).not.toMatch(/Sort|Seq Scan|Bitmap|Rows Removed by Filter: \d{2}/);
      }
    });

    test('a list of what overlaps a day reads what starts in two days, and what is longer than a day', async () => {
      const filter = { endsAfter: inHours(7_000), to: inHours(7_024) };
      const { items, plans } = await plansOf(filter, { order: 'asc', limit: 20, cursor: null });
      expect(items.length).toBeGreaterThan(10);
      expect(plans).toHaveLength(4);
      for (const { text, plan } of plans) {
        const index = text.includes('interval') ? /using (booking|session)_long_by_/ : /(booking|session)_by_/;
        expect(plan).toMatch(index);
        expect(plan).not.toMatch(/Seq Scan|rows=\d{3}|Filter: \d{3}/);
      }
    });

    test('a list of a hundred ids reads no other rows', async () => {
      const { rows: ids } = await owner.query<{ id: string }>(`select id from ${service} limit 100`);
      const filter = { ids: ids.map(({ id }) => id) };
      const { plans } = await plansOf(filter, { order: 'desc', limit: 100, cursor: null });
      expect(plans).toHaveLength(2);
      for (const { plan } of plans) expect(plan).toMatch(/Index Scan .*(booking|session)_once/);
    });
  });
