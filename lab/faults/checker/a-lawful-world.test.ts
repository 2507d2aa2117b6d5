import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aFullWorld, aLawfulWorld } from './a-lawful-world.ts';
import { check } from './check.ts';

test('the checker finds nothing in a lawful world', () => {
  fc.assert(
    fc.property(fc.oneof(aLawfulWorld, aFullWorld), (evidence) => expect(check(evidence)).toEqual([])),
    { numRuns: 500 },
  );
});

test('a lawful world has all that the checker must distinguish from a fault', () => {
  const worlds = fc.sample(aFullWorld, { numRuns: 100, seed: 7 });
  const answers = new Set(worlds.flatMap(({ operations }) => operations.map(({ answer }) => answer)));
  for (const answer of ['409 invalid-transition', '409 mentor-double-booked', '403 forbidden', '404 not-found'])
    expect(answers).toContain(answer);
  expect(answers).toContain('ECONNRESET');
  expect(worlds.some(({ poisoned, ownMessages }) => poisoned.size > 0 && ownMessages.size > 0)).toBe(true);
  expect(worlds.some(({ wire }) => new Set(wire.map(({ id }) => id)).size < wire.length)).toBe(true);
  const told = new Set(worlds.flatMap(({ bookings, sessions }) => [...bookings.timerEvents, ...sessions.timerEvents]));
  expect(new Set([...told].map(({ type }) => type)).size).toBe(4);
  expect(worlds.some(({ sessions }) => sessions.deadLetters.some(({ resolution }) => resolution === 'handled'))).toBe(
    true,
  );
});
