import { expect, test } from '@jest/globals';
import { growthOf, isFlat } from './growth.ts';
import type { Sample } from './growth.ts';

const MB = 1024 * 1024;
const samples = (heap: (n: number) => number): Sample[] =>
  Array.from({ length: 16 }, (_, n) => ({
    seconds: n * 60,
    bookings: n * 1_000,
    databaseConnections: 20,
    processes: { 'bookings relay': { heapUsed: heap(n), rss: 150 * MB, handles: 12, descriptors: 30 } },
  }));

test('warm-up, noise and temporary peaks are not growth', () => {
  const grown = growthOf(samples((n) => (n < 3 ? 20 : 30 + (n % 3)) * MB));
  expect(grown.filter((each) => !isFlat(each))).toEqual([]);
});

test('a heap that grows a megabyte a minute is found', () => {
  const grown = growthOf(samples((n) => (30 + n) * MB)).filter((each) => !isFlat(each));
  expect(grown).toMatchObject([{ process: 'bookings relay', what: 'heapUsed' }]);
});
