import { createHeap } from './heap.ts';
import type { Random } from '../../random.ts';

/** A simulated process. Dead: none of its code runs. Paused: all of it waits. */
export type Owner = { readonly name: string; alive: boolean; pausedUntil: number };

export type Timer = {
  readonly at: number;
  readonly order: number;
  readonly owner: Owner | null;
  run: (() => void) | null;
};

type PipeState = {
  readonly id: number;
  readonly owner: Owner | null;
  frames: (() => void)[];
  head: number;
  listed: boolean;
  notBefore: number;
};

export type SchedulerOptions = {
  readonly random: Random;
  /** How often time advances although something could happen now. */
  readonly impatience?: number;
  /** Called when something can happen, for callers that do not loop over `step`. */
  readonly onReady?: () => void;
};

/** Chooses what happens next: the first frame of any pipe, or the next timer if nothing else is left. */
export const createScheduler = ({ random, impatience = 0, onReady }: SchedulerOptions) => {
  const ready: PipeState[] = [];
  const timers = createHeap<Timer>();
  let [now, order, pipes, steps, trace] = [0, 0, 0, 0, 0];
  let current: Owner | null = null;

  const list = (pipe: PipeState): void => {
    if (pipe.listed) return;
    pipe.listed = true;
    ready.push(pipe);
    onReady?.();
  };

  const unlist = (index: number): void => {
    const last = ready.pop() as PipeState;
    const pipe = ready[index] ?? last;
    pipe.listed = false;
    if (last !== pipe) ready[index] = last;
  };

  const timer = (owner: Owner | null, delay: number, run: () => void): Timer => {
    const made = { at: now + Math.max(0, delay), order: order++, owner, run };
    timers.push(made);
    return made;
  };

  const run = (owner: Owner | null, label: number, work: () => void): void => {
    steps += 1;
    trace = (Math.imul(trace ^ label, 0x01000193) + (now | 0)) | 0;
    current = owner;
    work();
  };

  /** Null: the pipe was empty, held or dead, and was removed from the list. */
  const takeFrame = (index: number): PipeState | null => {
    const pipe = ready[index] as PipeState;
    const waitsUntil = Math.max(pipe.notBefore, pipe.owner?.pausedUntil ?? 0);
    const isDead = pipe.owner !== null && !pipe.owner.alive;
    if (!isDead && waitsUntil <= now && pipe.head < pipe.frames.length) return pipe;
    unlist(index);
    if (isDead) pipe.frames = [];
    else if (waitsUntil > now && waitsUntil < Infinity) timer(null, waitsUntil - now, () => list(pipe));
    return null;
  };

  const runFrame = (pipe: PipeState, index: number): void => {
    const frame = pipe.frames[pipe.head++] as () => void;
    if (pipe.head === pipe.frames.length) {
      pipe.frames = [];
      pipe.head = 0;
      unlist(index);
    }
    run(pipe.owner, pipe.id, frame);
  };

  const runTimer = (): boolean => {
    for (let due = timers.pop(); due; due = timers.pop()) {
      if (!due.run || (due.owner && !due.owner.alive)) continue;
      now = Math.max(now, due.at);
      const { owner, run: work } = due;
      if (owner && owner.pausedUntil > now) {
        const later = due; // it must still be possible to cancel it
        timers.push(Object.assign(later, { at: owner.pausedUntil, order: order++ }));
        continue;
      }
      due.run = null;
      run(owner, -due.order, work);
      return true;
    }
    return false;
  };

  /** Runs one of the possible next completions. False: none is left. */
  const step = (): boolean => {
    while (ready.length > 0) {
      if (impatience > 0 && timers.size() > 0 && random.chance(impatience)) return runTimer();
      const index = random.int(0, ready.length - 1);
      const pipe = takeFrame(index);
      if (!pipe) continue;
      runFrame(pipe, index);
      return true;
    }
    return runTimer();
  };

  /** One direction of a connection: frames leave in order, one at a time, at random times. */
  const pipe = (owner: Owner | null) => {
    const state: PipeState = { id: ++pipes, owner, frames: [], head: 0, listed: false, notBefore: 0 };
    return {
      owner,
      push: (frame: () => void): void => {
        state.frames.push(frame);
        list(state);
      },
      /** Nothing leaves before this time. */
      hold: (until: number): void => {
        state.notBefore = until;
        if (state.frames.length > 0) list(state);
      },
      /** Drops its content, except for the first `keep`. */
      drop: (keep: number): void => void (state.frames.length = Math.min(state.frames.length, state.head + keep)),
      length: () => state.frames.length - state.head,
    };
  };

  return {
    now: () => now,
    /** The process whose code is running. */
    current: (): Owner | null => current,
    pipe,
    timer,
    step,
    isIdle: () => ready.length === 0,
    steps: () => steps,
    /** Changes with every choice. */
    trace: () => trace >>> 0,
  };
};

export type Scheduler = ReturnType<typeof createScheduler>;
export type Pipe = ReturnType<Scheduler['pipe']>;
