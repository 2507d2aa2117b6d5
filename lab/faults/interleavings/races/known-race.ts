import type { Scenario } from '../explore.ts';

export type KnownRace = {
  readonly title: string;
  readonly scenario: Scenario;
  /** What the actors may be told, together; all of it is told in some interleaving. */
  readonly told: readonly string[];
  /** How many interleavings there are at least: fewer, and the turnstile lets something through. */
  readonly interleavings: number;
};

/** One is done, and the other refused. */
export const oneOf = (refusalOfB: string, refusalOfA: string = refusalOfB): string[] => [
  `a: ${refusalOfA}, b: ok`,
  `a: ok, b: ${refusalOfB}`,
];

export const both = ['a: ok, b: ok'];
