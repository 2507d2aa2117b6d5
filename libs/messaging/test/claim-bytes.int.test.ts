import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { claimRows, type ClaimLimits } from '../src/relay/outbox-rows.ts';
import { reviewWritten } from './reviews.ts';
import { createThirdService, type ThirdService } from './third-service.ts';

let service: ThirdService;
beforeAll(async () => {
  service = await createThirdService();
});
afterEach(() => service.asOwner('truncate outbox'));
afterAll(() => service.close());

const KB = 1_000;
const reviews = (count: number, text: string) => Array.from({ length: count }, () => reviewWritten({ data: { text } }));
const claim = (limits: ClaimLimits) => service.db.transaction((tx) => claimRows(tx, limits));
const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

test.each([
  ['one letter, which the database stores in a hundredth', 'a'.repeat(50 * KB)],
  ['four-byte characters', '😀'.repeat(12_500)],
  ['what does not shrink', Array.from({ length: 1_400 }, () => randomUUID()).join('')],
])('a claim is limited by the bytes on the wire: %s', async (_, text) => {
  await service.enqueue(...reviews(40, text));
  const rows = await claim({ rows: 500, bytes: 500 * KB });
  expect(rows.map(({ bytes }) => bytes)).toEqual(rows.map(({ envelope }) => Buffer.byteLength(envelope ?? '')));
  expect(rows).toHaveLength(9);
  expect(sum(rows.map(({ bytes }) => bytes))).toBeLessThanOrEqual(500 * KB);
});

test('a claim returns at least one row, and no more than requested', async () => {
  await service.enqueue(...reviews(5, 'x'.repeat(100 * KB)));
  expect(await claim({ rows: 500, bytes: 1 })).toHaveLength(1);
  expect(await claim({ rows: 3, bytes: 10_000 * KB })).toHaveLength(3);
});

test('a body above the limit stays in the database and does not count against the budget', async () => {
  const [large, small] = [reviews(1, 'x'.repeat(300 * KB)), reviews(3, 'x')];
  await service.enqueue(...large, ...small);
  const rows = await claim({ rows: 500, bytes: 50 * KB, maxBodyBytes: 200 * KB });
  expect(rows).toHaveLength(4);
  const tooLarge = rows.filter(({ envelope }) => envelope === null);
  expect(tooLarge.map(({ message_id: id }) => id)).toEqual(large.map(({ id }) => id));
});

test('bodies beyond the limit are not read', async () => {
  const subject = randomUUID();
  const text = () => Array.from({ length: 2_800 }, () => randomUUID()).join('');
  await service.enqueue(
    ...Array.from({ length: 60 }, (_, n) =>
      reviewWritten({ subject, sequence: String(n + 1).padStart(10, '0'), data: { text: text() } }),
    ),
  );
  const [, few, all] = await service.db.transaction(async (tx) => {
    const pages: number[] = [];
    // the first one reads the catalogue as well
    for (const bytes of [1, 1, 100_000 * KB]) {
      const [row] = await tx.query<{ 'QUERY PLAN': [{ Plan: Record<string, number> }] }>(
        `explain (analyze, buffers, format json) select * from outbox_claim(500, batch_bytes => ${bytes})`,
      );
      const { 'Shared Hit Blocks': hit = NaN, 'Shared Read Blocks': read = NaN } = row?.['QUERY PLAN'][0].Plan ?? {};
      pages.push(hit + read);
    }
    return pages;
  });
  expect((few ?? NaN) * 5).toBeLessThan(all ?? NaN);
});
