import { expect, test } from '@jest/globals';
import { verdict, unless } from './part.ts';
import { runParts } from './run-parts.ts';

test('a part that throws is a failed check, and the others still run', async () => {
  const broken = { name: 'broken', run: () => Promise.reject(new Error('no broker')) };
  const good = { name: 'good', run: async () => [verdict('holds', 'all of it')] };
  const [first, second] = await runParts([broken, good], 'small');
  expect(first?.verdicts).toEqual([
    { check: 'runs to its end', seen: '', faults: [expect.stringContaining('no broker')] },
  ]);
  expect(second?.verdicts).toEqual([{ check: 'holds', seen: 'all of it', faults: [] }]);
});

test('a result shows the first five faults and the number of others', () => {
  expect(verdict('c', 's', ['1', '2', '3', '4', '5']).faults).toEqual(['1', '2', '3', '4', '5']);
  expect(verdict('c', 's', ['1', '2', '3', '4', '5', '6', '7']).faults).toEqual([
    '1',
    '2',
    '3',
    '4',
    '5',
    'and 2 more',
  ]);
});

test('unless', () => {
  expect([unless(true, 'fault'), unless(false, 'fault')]).toEqual([[], ['fault']]);
});
