import type { Broken, Pick } from './world.ts';

export type Name = `I${number}`;
/** One way in which lawful evidence becomes unlawful. */
export type Breakage = {
  readonly says: string;
  /** The invariants that must report it. */
  readonly by: readonly Name[];
  /** Others that may report it too, for it breaks them as well in some worlds. */
  readonly also?: readonly Name[];
  /** Gives the id concerned. */
  readonly breaks: (world: Broken, pick: Pick) => string;
};
