import { randomUUID } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { laneOf } from './lane.ts';

test('the lane of an aggregate never changes', () => {
  expect(laneOf('0197a3c0-0000-7000-8000-000000000001')).toBe(laneOf('0197a3c0-0000-7000-8000-000000000001'));
  expect([1, 2, 3, 4].map((n) => laneOf(`0197a3c0-0000-7000-8000-00000000000${n}`))).toEqual([9, 0, 3, 2]);
});

test('aggregates spread over all lanes', () => {
  const lanes = new Set(Array.from({ length: 1_000 }, () => laneOf(randomUUID())));
  expect([...lanes].toSorted((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, lane) => lane));
});
