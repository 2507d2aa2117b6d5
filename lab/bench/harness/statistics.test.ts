import { expect, test } from '@jest/globals';
import { median, percentiles, quantile, summarise } from './statistics.ts';

test('the median of an odd number is the one in the middle, of an even number half-way between two', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
});

test('a quantile is a value that was measured', () => {
  const hundred = Array.from({ length: 100 }, (_, n) => n + 1);
  expect([0.5, 0.9, 0.99, 1].map((q) => quantile(hundred, q))).toEqual([50, 90, 99, 100]);
  expect(percentiles('lag', [5])).toEqual({ lagP50: 5, lagP90: 5, lagP99: 5 });
});

test('a summary keeps the spread', () => {
  expect(summarise([2, 9, 4])).toEqual({ median: 4, least: 2, most: 9, rounds: 3 });
});
