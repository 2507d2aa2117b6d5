import type { Frame, LocatedFrame } from './framer.ts';
import type { FrameMatcher } from './matchers.ts';

export type CutOptions = {
  /** How many frames are cut; default 1. */
  readonly times?: number;
  /** Instead of a reset, the sockets stay open and nothing passes any more. */
  readonly silent?: boolean;
  /** Instead of a reset, both sides are closed (FIN), as if the peer's process had ended. */
  readonly fin?: boolean;
};
/** `hits`: how many frames were cut. After `cancel()` no more are. */
export type Cut = { readonly hits: () => number; cancel(): void };

type ArmedCut = {
  readonly when: 'before' | 'after';
  readonly ending: 'reset' | 'fin' | 'silence';
  /** Whether this frame is cut; if so, it is counted. */
  claims(frame: Frame): boolean;
  struck(): void;
};

/** The position of the cut: the bytes of the chunk before `at` still pass. */
export type Strike = { readonly cut: ArmedCut; readonly frame: Frame; readonly at: number };

/** The armed cuts; shared by all connections of a proxy. */
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
 * Finds the frame of a connection at which to cut. An Execute takes effect with its Sync, so a cut after the
 * former is a cut after the latter.
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
