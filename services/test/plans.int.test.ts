import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { guards } from '@mentor-sessions/bookings/database/statements';
import { bookings } from '@mentor-sessions/bookings/database/entity';
import { connected } from '@mentor-sessions/lab/plain-sql';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';
import { createOutbox } from '@mentor-sessions/messaging';
import { openSession, type Database, type Statement } from '@mentor-sessions/service-kit/database';
import { createStatements } from '@mentor-sessions/service-kit/repository';
import { sessions } from '@mentor-sessions/sessions/database/entity';
import { knownBookings, schedule } from '@mentor-sessions/sessions/database/statements';
import type pg from 'pg';
import { insertBookings, plainBooking } from '../bookings/test/plain-bookings.ts';
import { insertSessions, plainSession } from '../sessions/test/plain-sessions.ts';

const outbox = createOutbox({} as Database);
const ofBookings = createStatements({ table: bookings, guards, outbox });
const ofSessions = createStatements({ table: sessions, guards: {}, outbox });

const fill = {
  bookings: (app: pg.Client) =>
    insertBookings(
      app,
      Array.from({ length: 60 }, (_, n) => plainBooking(n, { status: n % 2 === 0 ? 'draft' : 'accepted' })),
    ),
  sessions: (app: pg.Client) =>
    insertSessions(
      app,
      Array.from({ length: 60 }, (_, n) => plainSession(n)),
    ),
};

let stack: TestStack;
let clients: Record<'bookings' | 'sessions', pg.Client>;
beforeAll(async () => {
  stack = await createTestStack();
  const opened = async (service: 'bookings' | 'sessions') => {
    const owner = await connected(stack[service].adminDatabaseUrl);
    await owner.query('vacuum analyze');
    await owner.end();
    const app = await connected(stack[service].databaseUrl);
    await fill[service](app);
    const none = { statementTimeoutMs: 0, lockTimeoutMs: 0, idleInTransactionTimeoutMs: 0 };
    await openSession(app, { ...none, openTimeoutMs: 10_000 });
    await app.query('set plan_cache_mode = force_generic_plan');
    return app;
  };
  clients = { bookings: await opened('bookings'), sessions: await opened('sessions') };
});
afterAll(async () => {
  await Promise.all(Object.values(clients).map((client) => client.end()));
  await stack.close();
});

const hot: (readonly [string, 'bookings' | 'sessions', Statement])[] = [
  ...[
    ofBookings.read,
    ofBookings.insert.batch,
    ofBookings.insert.alone,
    ofBookings.update.batch,
    ofBookings.update.alone,
  ].map((statement) => [statement.name, 'bookings', statement] as const),
  ...[ofSessions.read, ofSessions.update.batch, ofSessions.update.alone, schedule, knownBookings].map(
    (statement) => [statement.name, 'sessions', statement] as const,
  ),
];

/** What the plan reads of tables: the line of the scan, and the line below it. */
const scansOf = (plan: readonly string[]): string[] =>
  plan.flatMap((line, at) =>
    /(Seq|Index|Index Only|Bitmap Index) Scan/.test(line) ? [`${line.trim()} ${plan[at + 1]?.trim()}`] : [],
  );

test.each(hot)(
  '%s reads no table from end to end, even when the statistics say that all are empty',
  async (name, service, statement) => {
    const client = clients[service];
    await client.query(`prepare "${name}" as ${statement.text}`);
    const nulls = (statement.parameters ?? []).map(() => 'null').join(', ');
    const { rows } = await client.query<{ 'QUERY PLAN': string }>(`explain (costs off) execute "${name}" (${nulls})`);
    const scans = scansOf(rows.map((row) => row['QUERY PLAN']));
    expect(scans.length > 0 || name === 'sessions-schedule').toBe(true);
    for (const scan of scans) expect(scan).toMatch(/^(->)? *(Index|Index Only|Bitmap Index) Scan .*Index Cond/);
  },
);
