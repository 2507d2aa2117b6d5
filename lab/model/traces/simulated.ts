import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { planted } from '../../faults/simulation/planted.ts';
import { likelyUnder } from '../../faults/simulation/planted.ts';
import { runChild } from '../../faults/simulation/run-child.ts';
import type { Counted } from './counts.ts';
import { describeStep } from './steps.ts';
import type { createVerifier, Refusal, Verdict } from './verify.ts';

type Verifier = Awaited<ReturnType<typeof createVerifier>>;
type Simulated = { readonly traces: readonly Counted[]; readonly leftOut: number };
type Asked = {
  readonly histories: number;
  readonly seed: number;
  readonly plant?: string;
  readonly swarm?: object;
};

/** The traces of simulated histories. */
const simulate = async ({ histories, seed, plant, swarm = {} }: Asked): Promise<Simulated> => {
  const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-simulated-'));
  const file = join(directory, 'traces.json');
  const args = ['--histories', histories, '--seed', seed, '--swarm', JSON.stringify(swarm), '--traces', file];
  try {
    await runChild({ args: args.map(String), within: 600_000, ...(plant === undefined ? {} : { plant }) });
    return JSON.parse(await readFile(file, 'utf8')) as Simulated;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

export type Round = {
  readonly accepted: number;
  readonly refused: number;
  readonly leftOut: number;
  readonly verdict: Verdict;
};

/** Simulates and verifies; traces in `known` are not verified again. */
export const verifySimulated = async (verifier: Verifier, asked: Asked, known = new Set<string>()): Promise<Round> => {
  const { traces, leftOut } = await simulate(asked);
  const verdict = await verifier.verify(traces.map(({ steps }) => steps).filter((steps) => !known.has(steps)));
  const refusals = new Set(verdict.refusals.map(({ trace }) => trace));
  const count = (isRefused: boolean): number =>
    traces.filter(({ steps }) => refusals.has(steps) === isRefused).reduce((sum, { times }) => sum + times, 0);
  for (const { steps } of traces) if (!refusals.has(steps)) known.add(steps);
  return { accepted: count(false), refused: count(true), leftOut, verdict };
};

export const describeRefusal = ({ trace, at, before }: Refusal): string =>
  [...before, `REFUSED, step ${at} of the trace: ${describeStep(trace, at)}`].join('\n  ');

/** Planted bugs of the simulation that relays' traces can show. */
export const inScope: readonly (keyof typeof planted)[] = [
  'marked before the confirm',
  'marked whatever the broker said',
  'no mandatory',
  'returns ignored',
  'confirm timeout taken as success',
  'events of one aggregate side by side',
  'goes on behind a failure',
];

const HISTORIES = 25;
const ROUNDS = 40;

/** The step by which the model refuses a planted bug, in words; null if it accepts all of a thousand histories. */
export const refusalOf = async (verifier: Verifier, plant: string): Promise<string | null> => {
  const swarm = likelyUnder[plant] ?? {};
  for (let round = 0; round < ROUNDS; round++) {
    const asked = { histories: HISTORIES, seed: 1 + round * HISTORIES, plant, swarm };
    const [first] = (await verifySimulated(verifier, asked)).verdict.refusals;
    if (first) return describeStep(first.trace, first.at);
  }
  return null;
};
