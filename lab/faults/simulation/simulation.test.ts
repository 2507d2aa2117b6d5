import { expect, test } from '@jest/globals';
import { likelyUnder, planted } from './planted.ts';
import { runChild } from './run-child.ts';

/** A failure is printed with its seed; `node lab/faults/simulation/run.ts --histories 1 --seed <seed>` repeats it. */
const SEED = '40000';

test('300 histories with faults keep every promise', async () => {
  const lines = await runChild({ args: ['--histories', '300', '--seed', SEED] });
  expect(lines).toEqual([expect.objectContaining({ histories: 300, seed: Number(SEED), withViolations: 0 })]);
});

test('a seed repeats its history, choice by choice', async () => {
  const traces = async () => {
    const lines = await runChild({ args: ['--histories', '20', '--seed', SEED, '--every-history'] });
    return lines.slice(0, -1).map(({ seed, trace, steps, counts }) => ({ seed, trace, steps, counts }));
  };
  const first = await traces();
  expect(new Set(first.map(({ trace }) => trace)).size).toBe(20);
  expect(await traces()).toEqual(first);
});

test.each(Object.keys(planted))('a planted bug is found: %s', async (plant) => {
  const swarm = JSON.stringify(likelyUnder[plant] ?? {});
  const lines = await runChild({
    args: ['--histories', '1000', '--seed', '1', '--swarm', swarm, '--stop-at-first'],
    plant,
  });
  expect(lines.at(-1)).toMatchObject({ withViolations: 1 });
  expect(lines[0]?.['violations']).toContainEqual({ invariant: expect.any(String), witness: expect.any(Object) });
});
