import { expect, test } from '@jest/globals';
import { numberedValues, sql } from './sql.ts';

const read = sql('read', `select x::text from t where id = :id and (at > :at or id <> :id::uuid)`);

test('parameters are numbered in the order of their first use; casts are not parameters', () => {
  expect(sql('read', 'select :b::uuid, :a, :b, x::text').text).toBe('select $1::uuid, $2, $1, x::text');
});

test('values go where their names stand, null included', () => {
  expect(numberedValues(sql('read', 'select :b, :a'), { a: 1, b: null })).toEqual([null, 1]);
});

test('a missing value throws, with its name', () => {
  expect(() => numberedValues(read, { id: '1' })).toThrow('read: no value for');
});

test('an array goes through as it is; names need a statement that has them', () => {
  expect(numberedValues('select $1', [7])).toEqual([7]);
  expect(() => numberedValues('select $1', { a: 7 })).toThrow('named values need');
});
