import type { Scenario } from '../explore.ts';

export type KnownRace = {
  readonly title: string;
  readonly scenario: Scenario;
  /** The allowed combinations of results; each occurs in some interleaving. */
  readonly told: readonly string[];
  /** The minimum number of interleavings; fewer mean that a statement bypasses the turnstile. */
  readonly interleavings: number;
};

/** One succeeds and the other is refused. */
export const oneOf = (refusalOfB: string, refusalOfA: string = refusalOfB): string[] => [
  `a: ${refusalOfA}, b: ok`,
  `a: ok, b: ${refusalOfB}`,
];

export const both = ['a: ok, b: ok'];
