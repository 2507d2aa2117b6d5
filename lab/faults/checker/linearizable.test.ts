import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isLinearizable } from './linearizable.ts';
import type { Interval } from './linearizable.ts';

const STATES = 4;
type Operation = Interval<number>;

/** The next state; null if impossible. */
const aStep = fc
  .oneof(
    fc.array(fc.option(fc.nat(STATES - 1)), { minLength: STATES, maxLength: STATES }),
    fc.nat(STATES - 1).map((seen) => Array.from({ length: STATES }, (_, state) => (state === seen ? state : null))),
    fc
      .tuple(fc.nat(STATES - 1), fc.nat(STATES - 1))
      .map(([from, to]) => Array.from({ length: STATES }, (_, state) => (state === from ? to : null))),
  )
  .map((becomes) => ({
    step: (state: number) => becomes[state] ?? undefined,
    looks: becomes.every((next, state) => next === null || next === state),
  }));

const anOperation: fc.Arbitrary<Operation> = fc
  .record({
    from: fc.nat(12),
    takes: fc.oneof(fc.nat(6), fc.constant(Infinity)),
    mayBeMissing: fc.boolean(),
    effect: aStep,
  })
  .map(({ takes, effect, ...operation }) => ({ ...operation, ...effect, to: operation.from + takes }));

/** Tries every order, with and without each optional operation: slow, but obviously correct. */
const someOrderExplains = (left: readonly Operation[], done: readonly Operation[], state: number): boolean => {
  if (left.every(({ mayBeMissing }) => mayBeMissing)) return true;
  return left.some((operation) => {
    if (done.some(({ from }) => from > operation.to)) return false;
    const next = operation.step(state);
    const others = left.filter((other) => other !== operation);
    return next !== undefined && someOrderExplains(others, [...done, operation], next);
  });
};

test('the search agrees with trying all permutations', () => {
  const verdicts = { true: 0, false: 0 };
  fc.assert(
    fc.property(fc.array(anOperation, { maxLength: 6 }), fc.nat(STATES - 1), (operations, initial) => {
      const expected = someOrderExplains(operations, [], initial);
      verdicts[`${expected}`] += 1;
      expect(isLinearizable(operations, initial)).toBe(expected);
    }),
    { numRuns: 5_000 },
  );
  expect(Math.min(verdicts.true, verdicts.false)).toBeGreaterThan(500);
});

/** 300 sequential requests, of which every tenth overlaps two others. */
const aLongHistory = (count: (state: number) => void, last: number): Operation[] =>
  Array.from({ length: 300 }, (_, index) => ({
    from: index * 10,
    to: index * 10 + (index % 10 === 0 ? 25 : 5),
    mayBeMissing: false,
    step: (state: number) => {
      count(state);
      if (index === 299) return state === last ? state : undefined;
      return index % 3 === 0 ? state + 1 : state;
    },
  }));

test.each([
  ['explained', 100],
  ['unexplained', -1],
])('a long history that is %s takes few steps', (_says, last) => {
  let steps = 0;
  expect(
    isLinearizable(
      aLongHistory(() => steps++, last),
      0,
    ),
  ).toBe(last === 100);
  expect(steps).toBeLessThan(2_000);
});

test('concurrent reads cost nothing', () => {
  let steps = 0;
  const looking = Array.from({ length: 60 }, (_, index): Operation => ({
    from: 0,
    to: 100,
    mayBeMissing: false,
    looks: true,
    step: (state) => (steps++, state === (index === 59 ? 2 : 1) ? state : undefined),
  }));
  expect(isLinearizable(looking, 1)).toBe(false);
  expect(steps).toBeLessThan(60 * 61);
});

test('a caller who polls thousands of times is checked without recursion', () => {
  const polls = Array.from({ length: 8_000 }, (_, index): Operation => ({
    from: index * 10,
    to: index * 10 + 5,
    mayBeMissing: false,
    looks: true,
    step: (state) => (state === 1 ? state : undefined),
  }));
  expect(isLinearizable(polls, 1)).toBe(true);
  expect(isLinearizable(polls, 2)).toBe(false);
});
