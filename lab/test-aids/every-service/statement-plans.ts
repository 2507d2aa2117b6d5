import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openSession, type Statement } from '@mentor-sessions/service-kit/database';
import type pg from 'pg';
import { connected } from '../plain-sql.ts';
import { createTestStack, type TestStack } from '../test-stack.ts';

type Given = {
  readonly service: 'bookings' | 'sessions';
  /** A few rows, as in a new system. */
  readonly fill: (app: pg.Client) => Promise<void>;
  readonly statements: readonly Statement[];
};

const noLimits = { statementTimeoutMs: 0, lockTimeoutMs: 0, idleInTransactionTimeoutMs: 0, openTimeoutMs: 10_000 };

/** The scans of a plan: the line of each, and the line below it. */
const scansOf = (plan: readonly string[]): string[] =>
  plan.flatMap((line, at) =>
    /(Seq|Index|Index Only|Bitmap Index) Scan/.test(line) ? [`${line.trim()} ${plan[at + 1]?.trim()}`] : [],
  );

/** Tests the prepared plans of the statements of every request and message, in the worst state of the tables. */
export const statementPlans = ({ service, fill, statements }: Given): void => {
  let stack: TestStack;
  let app: pg.Client;
  beforeAll(async () => {
    stack = await createTestStack();
    const owner = await connected(stack[service].adminDatabaseUrl);
    await owner.query('vacuum analyze');
    await owner.end();
    app = await connected(stack[service].databaseUrl);
    await fill(app);
    await openSession(app, noLimits);
    await app.query('set plan_cache_mode = force_generic_plan');
  });
  afterAll(async () => {
    await app.end();
    await stack.close();
  });

  test.each(statements)(
    '$name reads no table from end to end, even when the statistics say that all are empty',
    async ({ name, text, parameters = [] }) => {
      await app.query(`prepare "${name}" as ${text}`);
      const nulls = parameters.map(() => 'null').join(', ');
      const { rows } = await app.query<{ 'QUERY PLAN': string }>(`explain (costs off) execute "${name}" (${nulls})`);
      const scans = scansOf(rows.map((row) => row['QUERY PLAN']));
      expect(scans.length).toBeGreaterThan(0);
      for (const scan of scans) expect(scan).toMatch(/^(->)? *(Index|Index Only|Bitmap Index) Scan .*Index Cond/);
    },
  );
};
