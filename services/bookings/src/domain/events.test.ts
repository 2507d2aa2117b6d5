import { expect, test } from '@jest/globals';
import { sessionStatusAfter } from './events.ts';

test.each([
  ['session.scheduled', 'scheduled'],
  ['session.started', 'in_progress'],
  ['session.completed', 'completed'],
])('after %s it is %s', (type, status) => {
  expect(sessionStatusAfter(type)).toBe(status);
});

test('no other event is about a session', () => {
  expect(() => sessionStatusAfter('booking.accepted')).toThrow('no event of a session: booking.accepted');
});
