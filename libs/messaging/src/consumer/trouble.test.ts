import { expect, test } from '@jest/globals';
import { OutcomeUnknown, Unavailable } from '@mentor-sessions/service-kit/errors';
import { isDatabaseTrouble } from './trouble.ts';

const withCode = (code: string): Error => Object.assign(new Error(code), { code });
const fromServer = (code: string): Error => Object.assign(withCode(code), { severity: 'ERROR' });

test.each([
  ['the database is away', new Unavailable('away'), true],
  ['the answer to COMMIT was lost', new OutcomeUnknown('lost'), true],
  ['a connection was refused', withCode('ECONNREFUSED'), true],
  ['a deadlock', fromServer('40P01'), true],
  ['a constraint', fromServer('23505'), false],
  ['a handler that throws', new TypeError('x is undefined'), false],
  ['nothing', undefined, false],
])('%s: no message is to blame: %p', (_what, error, expected) => {
  expect(isDatabaseTrouble(error)).toBe(expected);
});
