import { expect, test } from '@jest/globals';
import { loop, pause, type LoopOptions, type Turn } from './loop.ts';
import { createLogger } from './log.ts';

const LONG_MS = 60_000;

const running = async (options: Partial<LoopOptions>) => {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const log = createLogger({ service: 'kit', role: 'test', level: 'info', destination });
  const it = loop({ name: 'counting', restMs: LONG_MS, log, run: async () => undefined, ...options });
  await it.start();
  return Object.assign(it, { lines });
};

/** Resolves when `run` has been called so many times, and says how. */
const called = (times: number, answers: readonly (() => Promise<'again' | 'rest' | 'retry' | void>)[] = []) => {
  const turns: Turn[] = [];
  const { promise, resolve } = Promise.withResolvers<Turn[]>();
  const run = (turn: Turn) => {
    turns.push(turn);
    if (turns.length === times) resolve(turns);
    return answers[turns.length - 1]?.() ?? Promise.resolve();
  };
  return { run, turns, done: promise };
};

test('runs at once, rests, and runs again after the interval', async () => {
  const { run, done } = called(2);
  const it = await running({ run, restMs: 1 });
  expect((await done).map(({ isByTheClock }) => isByTheClock)).toEqual([false, true]);
  await it.stop();
});

test('does not rest when there is more to do', async () => {
  const { run, done } = called(3, [async () => 'again', async () => 'again']);
  const it = await running({ run });
  expect((await done).at(-1)?.isByTheClock).toBe(false);
  await it.stop();
});

test('a wake-up ends the rest', async () => {
  const { run, done } = called(2);
  const it = await running({ run });
  await new Promise(setImmediate);
  it.wake();
  expect((await done).at(-1)?.isByTheClock).toBe(false);
  await it.stop();
});

test('a wake-up during a run is not lost', async () => {
  const { run, done } = called(2, [async () => it.wake()]);
  const it = await running({ run, restMs: LONG_MS });
  await done;
  await it.stop();
});

test('an error is logged and the run repeated', async () => {
  const { run, done } = called(3, [() => Promise.reject(new Error('away')), async () => 'retry']);
  const it = await running({ run, retryMs: { first: 1, longest: 2 } });
  await done;
  await it.stop();
  expect(it.lines).toHaveLength(1);
  expect(JSON.parse(it.lines[0]!)).toMatchObject({ msg: 'counting failed; will retry', err: { message: 'away' } });
});

test('an error goes to onError instead, if there is one', async () => {
  const errors: unknown[] = [];
  const away = new Error('away');
  const { run, done } = called(2, [() => Promise.reject(away)]);
  const it = await running({ run, retryMs: { first: 1, longest: 1 }, onError: (error) => void errors.push(error) });
  await done;
  await it.stop();
  expect(errors).toEqual([away]);
  expect(it.lines).toEqual([]);
});

test.each(['rest', 'retry'] as const)('stopping ends a pause (%s) at once', async (next) => {
  const { run, turns, done } = called(1, [async () => next]);
  const it = await running({ run, retryMs: { first: LONG_MS, longest: LONG_MS } });
  await done;
  await it.stop();
  expect(turns).toHaveLength(1);
});

test('stopping waits for a run that is under way, which sees the signal', async () => {
  let isDone = false;
  const it = await running({
    run: async ({ signal }) => {
      await pause(LONG_MS, signal);
      isDone = true;
    },
  });
  await it.stop();
  expect(isDone).toBe(true);
});
