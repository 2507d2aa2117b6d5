import { describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { isUnavailable } from './errors.ts';
import { getTypeParser } from './values.ts';

const { BOOL, BYTEA, DATE, FLOAT8, INT4, INT8, INTERVAL, TIMESTAMPTZ, UUID } = pg.types.builtins;
const read = (oid: number, text: string): unknown => (getTypeParser(oid) as (text: string) => unknown)(text);

test.each([
  [BOOL, 't', true],
  [INT4, '-7', -7],
  [INT8, '9223372036854775807', '9223372036854775807'],
  [FLOAT8, '1e-07', 1e-7],
  [FLOAT8, 'NaN', NaN],
  [DATE, '2026-03-29', '2026-03-29'],
  [TIMESTAMPTZ, '2026-03-29 01:00:00.123+00', new Date('2026-03-29T01:00:00.123Z')],
  [TIMESTAMPTZ, '1883-11-18 00:00:00-00:03:58', new Date('1883-11-18T00:03:58Z')],
  [BYTEA, '\\x00ff', Buffer.from([0, 255])],
  [UUID, '0197a3c0-0000-7000-8000-000000000001', '0197a3c0-0000-7000-8000-000000000001'],
  [1185, '{"2026-03-29 01:00:00+00",NULL}', [new Date('2026-03-29T01:00:00Z'), null]],
  [
    1007,
    '{{1,2},{3,4}}',
    [
      [1, 2],
      [3, 4],
    ],
  ],
])('type %i: %s is read', (oid, text, value) => {
  expect(read(oid, text)).toEqual(value);
});

describe('a value that its type does not allow throws', () => {
  test.each([
    [BOOL, 'yes'],
    [INT4, ''],
    [INT8, '1e3'],
    [FLOAT8, 'much'],
    [DATE, '29/03/2026'],
    [TIMESTAMPTZ, '03/29/2026 01:00:00 UTC'],
    [TIMESTAMPTZ, 'Sun 29 Mar 01:00:00 2026 UTC'],
    [INTERVAL, 'P1D'],
    [BYTEA, '\\000\\377'],
    [1185, '{"03/29/2026 01:00:00 UTC"}'],
  ])('type %i: %s, by the session’s fault', (oid, text) => {
    const attempt = (): unknown => read(oid, text);
    expect(attempt).toThrow('must not change DateStyle');
    try {
      attempt();
    } catch (error) {
      expect(isUnavailable(error)).toBe(true);
    }
  });

  test.each([
    [TIMESTAMPTZ, 'infinity'],
    [TIMESTAMPTZ, '-infinity'],
    [DATE, 'infinity'],
    [TIMESTAMPTZ, '0044-03-15 12:00:00+00 BC'],
    [1185, '{infinity}'],
  ])('type %i: %s, by the value’s own', (oid, text) => {
    try {
      read(oid, text);
      throw new Error('was read');
    } catch (error) {
      expect((error as Error).message).toContain('no date that can be shown');
      expect(isUnavailable(error)).toBe(false);
    }
  });
});
