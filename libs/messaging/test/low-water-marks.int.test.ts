import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import pg from 'pg';
import { laneOf } from '../src/outbox/lane.ts';
import { enqueue } from '../src/index.ts';
import { createLowWaterMarks, type LowWaterMarks, type Marks } from '../src/relay/low-water-marks.ts';
import { claimRows, moveToPublished, parkRows } from '../src/relay/outbox-rows.ts';
import { reviewWritten } from './reviews.ts';
import { createThirdService, type ThirdService } from './third-service.ts';

const LANE = 3;

let service: ThirdService;
let owner: pg.Client;
let marks: LowWaterMarks;
beforeAll(async () => {
  service = await createThirdService();
  owner = new pg.Client({ connectionString: service.adminDatabaseUrl });
  await owner.connect();
});
beforeEach(async () => {
  await owner.query('truncate outbox');
  marks = createLowWaterMarks(service.db, 0);
});
afterEach(() => void jest.restoreAllMocks());
afterAll(async () => {
  await owner.end();
  await service.close();
});

const subjectInLane = (): string => {
  for (;;) {
    const id = randomUUID();
    if (laneOf(id) === LANE) return id;
  }
};
const eventsInLane = (count: number) =>
  Array.from({ length: count }, () => reviewWritten({ subject: subjectInLane() }));

const publish = (limit = 10_000) =>
  service.db.transaction(async (tx) => {
    const claimed = await claimRows(tx, { rows: limit }, marks.current());
    await moveToPublished(tx, claimed);
    return claimed;
  });

/** A look that notes how far it goes, and one that raises. */
const raise = async (): Promise<void> => {
  await marks.raise(true);
  await marks.raise(false);
};

const claimable = async (at: Marks = marks.current()): Promise<string[]> =>
  (await service.db.transaction((tx) => claimRows(tx, { rows: 100 }, at))).map(({ message_id: id }) => id);
const markOfLane = (): number => Number(marks.current().byLane[LANE]);

/** Pages that a claim looks at. */
const pagesRead = async ({ byLane, life }: Marks): Promise<number> => {
  const { rows } = await owner.query<{ 'QUERY PLAN': [{ Plan: { 'Shared Hit Blocks': number } }] }>(
    'explain (analyze, buffers, format json) select * from outbox_claim(1, $1, $2)',
    [byLane, life],
  );
  return rows[0]?.['QUERY PLAN'][0].Plan['Shared Hit Blocks'] ?? NaN;
};

test('a claim does not scan published rows that an old transaction keeps from being vacuumed', async () => {
  await service.enqueue(...eventsInLane(2_000));
  const old = new pg.Client({ connectionString: service.adminDatabaseUrl });
  await old.connect();
  await old.query('begin isolation level repeatable read; select count(*) from outbox');
  for (let batch = 0; batch < 4; batch++) await publish(400);
  await raise();
  await pagesRead(marks.current()); // and the catalogue, once
  const marked = await pagesRead(marks.current());
  const unmarked = await pagesRead({ byLane: [], life: null });
  await old.end();
  expect(await claimable()).toHaveLength(100);
  // as relays of the version before call it
  expect(await service.db.query('select from outbox_claim(100)')).toHaveLength(100);
  expect(marked * 4).toBeLessThan(unmarked);
});

test('no mark rises above what an open transaction may insert, and what commits late is found', async () => {
  const [late, prompt] = eventsInLane(2);
  const [inserted, mayCommit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const writing = service.db.transaction(async (tx) => {
    await enqueue(tx, [late!]);
    inserted.resolve();
    await mayCommit.promise;
  });
  await inserted.promise;
  await service.enqueue(prompt!);
  const [published] = await publish();
  await raise();
  expect(markOfLane()).toBeLessThan(Number(published?.position));
  mayCommit.resolve();
  await writing;
  await raise();
  expect(await claimable()).toEqual([late!.id]);
  await publish();
  await raise();
  expect(markOfLane()).toBeGreaterThan(Number(published?.position));
});

test('a new relay skips what others published', async () => {
  await service.enqueue(...eventsInLane(3));
  const rows = await publish();
  await marks.raise(false);
  await marks.raise(false);
  expect(markOfLane()).toBeGreaterThan(Number(rows.at(-1)?.position));
});

test('a mark stays at a parked row, so that the row is found when it is unparked', async () => {
  const [parked, behind] = eventsInLane(2);
  await service.enqueue(parked!, behind!);
  await service.db.transaction(async (tx) => {
    const [row] = await claimRows(tx, { rows: 1 });
    await parkRows(tx, [{ row: row!, reason: 'too large', again: false }]);
  });
  await publish();
  await raise();
  await service.db.query('update outbox set parked_at = null');
  expect(await claimable()).toEqual([parked!.id]);
});

test('marks of an outbox that was truncated are discarded', async () => {
  await service.enqueue(...eventsInLane(5));
  await publish();
  await raise();
  expect(markOfLane()).toBeGreaterThan(0);
  await owner.query('truncate outbox restart identity');
  const [first] = eventsInLane(1);
  await service.enqueue(first!);
  expect(await claimable()).toEqual([first!.id]);
  await marks.raise(true);
  expect(markOfLane()).toBe(0);
});

test('a row below a mark is found when the marks are computed from the start', async () => {
  await service.enqueue(...eventsInLane(5));
  await publish();
  await raise();
  await owner.query(
    `insert into outbox (position, message_id, aggregate_id, sequence, type, lane, envelope) overriding system value
     values (0, $1, $2, 1, 'review.written', $3, '{}')`,
    [randomUUID(), subjectInLane(), LANE],
  );
  expect(await claimable()).toEqual([]);
  const now = performance.now();
  jest.spyOn(performance, 'now').mockImplementation(() => now + 601_000);
  await marks.raise(false);
  expect(await claimable()).toHaveLength(1);
});
