import { expect, test } from '@jest/globals';
import { LANE_COUNT } from './outbox/lane.ts';
import { readSql } from './sql.ts';

const file = (name: string): string => readSql(new URL(`../sql/${name}`, import.meta.url));

test('table and claim have as many lanes as this code', () => {
  expect(file('outbox.sql')).toContain(`check (lane between 0 and ${LANE_COUNT - 1})`);
  expect(file('outbox-functions.sql')).toContain(`in select n from generate_series(0, ${LANE_COUNT - 1}) as n`);
});
