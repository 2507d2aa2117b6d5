import type { Frame, LocatedFrame } from './framer.ts';
import type { FrameMatcher } from './matchers.ts';

export type CutOptions = {
  /** How many frames it strikes; default 1. */
  readonly times?: number;
  /** The sockets stay open and nothing passes any more, instead of being reset. */
  readonly silent?: boolean;
  /** Both sides are closed (FIN) instead of reset, as when the process at the other end has died. */
  readonly fin?: boolean;
};
/** `hits`: how often it has struck. After `cancel()` it strikes no more. */
export type Cut = { readonly hits: () => number; cancel(): void };

type ArmedCut = {
  readonly when: 'before' | 'after';
  readonly ending: 'reset' | 'fin' | 'silence';
  /** Whether it is this frame's turn; if so, it counts as one of the times. */
  claims(frame: Frame): boolean;
  struck(): void;
};

/** Where it strikes: the bytes of the chunk before `at` still pass. */
export type Strike = { readonly cut: ArmedCut; readonly frame: Frame; readonly at: number };

/** The cuts that wait for their frame; shared by all connections of a proxy. */
export const createCuts = () => {
  const armed = new Set<ArmedCut>();
  const arm = (
    when: ArmedCut['when'],
    match: FrameMatcher,
    { times = 1, silent = false, fin = false }: CutOptions = {},
  ): Cut => {
    const ending = silent ? 'silence' : fin ? 'fin' : 'reset';
    let [left, hits] = [times, 0];
    const claims = (frame: Frame): boolean => left > 0 && match(frame) && left-- > 0;
    const cut: ArmedCut = { when, ending, claims, struck: () => void (hits += 1) };
    armed.add(cut);
    return { hits: () => hits, cancel: () => void armed.delete(cut) };
  };
  const claimant = (frame: Frame): ArmedCut | undefined => {
    for (const cut of armed) if (cut.claims(frame)) return cut;
    return undefined;
  };
  return { arm, claimant, cancelAll: () => armed.clear() };
};
export type Cuts = ReturnType<typeof createCuts>;

const isPostgres = (frame: Frame, type: string): boolean => frame.protocol === 'postgres' && frame.type === type;

/**
 * Looks for the frame of one connection at which a cut strikes. What an Execute did lasts from its Sync on, so a cut after the
 * one is a cut after the other.
 */
export const createStriker = (cuts: Cuts) => {
  let untilSync: ArmedCut | undefined;
  return (frames: readonly LocatedFrame[]): Strike | undefined => {
    for (const { frame, start, end } of frames) {
      const cut = untilSync ?? cuts.claimant(frame);
      if (!cut) continue;
      if (cut.when === 'before') return { cut, frame, at: start };
      untilSync = isPostgres(frame, 'execute') ? cut : untilSync;
      if (!untilSync || isPostgres(frame, 'sync')) return { cut, frame, at: end };
    }
    return undefined;
  };
};
