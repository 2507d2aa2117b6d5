import { expect, test } from '@jest/globals';
import { OutcomeUnknown, Unavailable } from '@mentor-sessions/service-kit/errors';
import { faultOf, isCausedByRow } from './faults.ts';

const withCode = (code: string): Error => Object.assign(new Error(code), { code });
const fromServer = (code: string): Error => Object.assign(withCode(code), { severity: 'ERROR' });

test.each([
  ['the database is away', new Unavailable('away'), 'database'],
  ['the answer to COMMIT was lost', new OutcomeUnknown('lost'), 'database'],
  ['a connection was refused', withCode('ECONNREFUSED'), 'database'],
  ['a deadlock', fromServer('40P01'), 'database'],
  ['a fenced database', new Unavailable('read-only', { cause: fromServer('25006') }), 'database'],
  ['a missing privilege, as the pool reports it', new Unavailable('unfit', { cause: fromServer('42501') }), 'unclear'],
  ['a constraint', fromServer('23505'), 'unclear'],
  ['an error of an ORM with a cause', new Error('wrapped', { cause: fromServer('54000') }), 'unclear'],
  ['a handler that throws', new TypeError('x is undefined'), 'handler'],
  ['a code of Node that looks like a SQLSTATE', withCode('EPIPE'), 'database'],
  ['nothing', undefined, 'handler'],
])('%s: %p', (_what, error, expected) => {
  expect(faultOf(error)).toBe(expected);
});

test.each([
  ['22001', true],
  ['23514', true],
  ['54000', true],
  ['XX000', true],
  ['P0001', true],
  ['42501', false],
  ['3F000', false],
  ['26000', false],
])('%s can be raised by the content of a row: %p', (code, expected) => {
  expect(isCausedByRow(fromServer(code))).toBe(expected);
});
