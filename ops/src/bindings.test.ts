import { expect, test } from '@jest/globals';
import { takes } from './bindings.ts';

test.each([
  'booking.accepted',
  '#',
  '*.*',
  'booking.*',
  'booking.#',
  '*.accepted',
  '#.accepted',
  '#.booking.accepted',
  'booking.accepted.#',
  '#.#',
  '#.*',
  'booking.#.accepted',
  '*.#.accepted',
  '#.*.#.*.#',
])('%s takes booking.accepted', (pattern) => expect(takes(pattern, 'booking.accepted')).toBe(true));

test.each([
  '',
  '*',
  'booking',
  'session.#',
  'session.*',
  'booking.declined',
  'booking.accepted.*',
  '*.booking.accepted',
  'booking.*.#.*',
  '*.*.*',
  'Booking.Accepted',
])('%s does not take it', (pattern) => expect(takes(pattern, 'booking.accepted')).toBe(false));
