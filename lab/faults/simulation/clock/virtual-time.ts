import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import promises from 'node:timers/promises';
import type { Random } from '../../random.ts';
import { hex } from '../world/ids.ts';
import type { Scheduler, Timer } from './scheduler.ts';

type Run = { readonly scheduler: Scheduler; readonly random: Random };

let run: Run | null = null;
const real = { setImmediate: globalThis.setImmediate };

/** The real functions, for the driver of a simulation. */
export const realImmediate = real.setImmediate;

/** From now on timers, clock, random numbers and ids are those of this run; null: Node's again. */
export const useVirtualTime = (next: Run | null): void => {
  run = next;
};

type Handle = { timer: Timer; ref(): Handle; unref(): Handle; hasRef(): boolean; [Symbol.dispose](): void };

const handleOf = (timer: Timer): Handle => {
  const handle: Handle = {
    timer,
    ref: () => handle,
    unref: () => handle,
    hasRef: () => true,
    [Symbol.dispose]: () => void (handle.timer.run = null),
  };
  return handle;
};

const virtually = ({ scheduler }: Run, work: () => void, ms = 0): Timer =>
  scheduler.timer(scheduler.current(), ms, work);

const every = ({ scheduler }: Run, work: () => void, ms = 1): Handle => {
  const owner = scheduler.current();
  const handle = handleOf(scheduler.timer(owner, ms, beat));
  function beat(): void {
    handle.timer = scheduler.timer(owner, ms, beat);
    work();
  }
  return handle;
};

const cancel = (handle: unknown): boolean => {
  const timer = (handle as Partial<Handle> | undefined)?.timer;
  if (timer) timer.run = null;
  return timer !== undefined;
};

const abortError = (signal: AbortSignal): Error =>
  Object.assign(new Error('The operation was aborted', { cause: signal.reason }), {
    name: 'AbortError',
    code: 'ABORT_ERR',
  });

const pause = <T>(at: Run, ms: number | undefined, value: T, signal: AbortSignal | undefined): Promise<T> => {
  if (signal?.aborted) return Promise.reject(abortError(signal));
  return new Promise((resolve, reject) => {
    const timer = virtually(
      at,
      () => {
        signal?.removeEventListener('abort', onAbort);
        resolve(value);
      },
      ms,
    );
    const onAbort = (): void => {
      timer.run = null;
      reject(abortError(signal as AbortSignal));
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  });
};

/** Like randomUUIDv7: later ids sort after earlier ones. */
const virtualUuid = ({ scheduler, random }: Run): string => {
  const time = (1_700_000_000_000 + Math.floor(scheduler.now())).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex(random, 3)}-8${hex(random, 3)}-${hex(random, 12)}`;
};

/** Replaces Node's functions that the libraries use; without a run they work as before. Once for each process. */
export const installVirtualTime = (): void => {
  const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;
  const realPause = promises.setTimeout;
  const realNow = performance.now.bind(performance);
  const realRandom = Math.random;
  const realUuid = crypto.randomUUIDv7;
  const replaced = {
    setTimeout: (work: () => void, ms?: number) => (run ? handleOf(virtually(run, work, ms)) : setTimeout(work, ms)),
    setInterval: (work: () => void, ms?: number) => (run ? every(run, work, ms) : setInterval(work, ms)),
    clearTimeout: (handle: NodeJS.Timeout) => void (cancel(handle) || clearTimeout(handle)),
    clearInterval: (handle: NodeJS.Timeout) => void (cancel(handle) || clearInterval(handle)),
  };
  Object.assign(globalThis, replaced);
  performance.now = () => (run ? run.scheduler.now() : realNow());
  Math.random = () => (run ? run.random.next() : realRandom());
  crypto.randomUUIDv7 = (options) => (run ? (virtualUuid(run) as ReturnType<typeof realUuid>) : realUuid(options));
  promises.setTimeout = ((ms, value, options) =>
    run ? pause(run, ms, value, options?.signal) : realPause(ms, value, options)) as typeof realPause;
  syncBuiltinESMExports();
};
