import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Queryable } from '@mentor-sessions/service-kit/database';
import { claimRows, moveToPublished } from '../src/relay/outbox-rows.ts';
import { reviewWritten } from './reviews.ts';
import { createThirdService, type ThirdService } from './third-service.ts';

let service: ThirdService;
beforeAll(async () => {
  service = await createThirdService();
});
afterAll(() => service.close());

const events = (count: number) => Array.from({ length: count }, () => reviewWritten());

/** Rows of the outbox that sequential scans of this transaction have read. */
const scanned = async (tx: Queryable): Promise<number> => {
  const [row] = await tx.query<{ rows: number }>(
    `select seq_tup_read::float8 as rows from pg_stat_xact_user_tables where relname = 'outbox'`,
  );
  return row?.rows ?? NaN;
};

const moveSome = (limit: number): Promise<number> =>
  service.db.transaction(async (tx) => {
    const before = await scanned(tx);
    await moveToPublished(tx, await claimRows(tx, { rows: limit, bytes: 64 * 1024 * 1024 }));
    return (await scanned(tx)) - before;
  });

test('claim and move, planned while the outbox was empty, read a backlog by its primary key', async () => {
  // more often than the driver's connection makes a plan for each call
  for (let n = 0; n < 8; n++) {
    await service.enqueue(...events(3));
    await moveSome(10);
  }
  await service.enqueue(...events(3_000));
  expect(await moveSome(100)).toBe(0);
  expect(await service.db.query('select from outbox')).toHaveLength(2_900);
});
