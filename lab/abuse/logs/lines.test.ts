import { expect, test } from '@jest/globals';
import { faultsIn } from './lines.ts';

const line = (over: object = {}): string =>
  JSON.stringify({
    level: 'info',
    time: '2026-01-01T00:00:00.000Z',
    service: 'bookings',
    role: 'api',
    msg: 'm',
    ...over,
  });
const faultsOf = (...lines: string[]): string[] => faultsIn('bookings api', lines.join('\n'), ['canary']);

test('lines of ours without a secret have no fault', () => {
  expect(faultsOf(line(), line({ bookingId: 'x' }), '')).toEqual([]);
});

test.each([
  ['a secret', line({ url: '/?token=canary' }), /leaks/],
  ['a line of plain text', 'hello', /not ours/],
  ['a line without a level', line({ level: undefined }), /not ours/],
  ['a line with a level of another kind', line({ level: 30 }), /not ours/],
  ['a line without its service', line({ service: undefined }), /not ours/],
  ['a colour', `${line()}\u001b[31m`, /not ours/],
  ['a line that another broke in two', '"}', /not ours/],
])('%s is a fault', (_what, text, fault) => {
  expect(faultsOf(line(), text)).toEqual([expect.stringMatching(fault)]);
});
