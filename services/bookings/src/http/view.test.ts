import { expect, test } from '@jest/globals';
import type { Booking, KnownSession } from '../domain/booking.ts';
import { mayDiffer } from './view.ts';

const endTime = new Date('2030-01-01T10:00:00Z');
const [before, after] = [new Date('2030-01-01T09:59:59.999Z'), endTime];

test.each([
  ['draft', before, null, false],
  ['draft', after, null, true], // accept has left allowedActions
  ['declined', after, null, false],
  ['accepted', after, null, false],
  ['accepted', before, 'scheduled', true],
  ['accepted', before, 'completed', true],
] as const)('a booking that is %s at %s with the session status %s may differ from an earlier view: %s', (...given) => {
  const [status, now, sessionStatus, expected] = given;
  const session = sessionStatus && ({ status: sessionStatus } as KnownSession);
  expect(mayDiffer({ row: { status, endTime } as Booking, now, session })).toBe(expected);
});
