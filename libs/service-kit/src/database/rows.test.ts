import { expect, test } from '@jest/globals';
import { complete, onlyRow, onlyValue, present } from './values.ts';

test('a present value is returned unchanged, false and zero too', () => {
  expect([present(0, 'zero'), present(false, 'false'), present('', 'empty')]).toEqual([0, false, '']);
});

test.each([null, undefined])('%s throws, with the name of what it was read from', (nothing) => {
  expect(() => present(nothing, 'sessions.created_at')).toThrow('sessions.created_at is null');
  expect(() => complete({ id: 1, at: nothing }, ['id', 'at'], 'sessions')).toThrow('sessions.at is null');
});

test('a statement that always returns a value fails if it is null', () => {
  expect(onlyValue<number>([{ count: 0 }], 'count')).toBe(0);
  expect(() => onlyValue([{ count: null }], 'count')).toThrow('count is null');
});

test('a statement that always returns a row fails if it returns none', () => {
  expect(onlyRow([{ now: 1 }], 'now')).toEqual({ now: 1 });
  expect(() => onlyRow([], 'now')).toThrow('now: query returned no row');
});
