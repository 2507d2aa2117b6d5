import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { planted } from '../../faults/simulation/planted.ts';
import { likelyUnder } from '../../faults/simulation/planted.ts';
import { runChild } from '../../faults/simulation/run-child.ts';
import type { CountedTraces } from './counts.ts';
import { describeStep } from './steps.ts';
import { createVerifier, type Refusal, type Traced, type Verdict } from './verify.ts';

export type Verifiers = Readonly<Record<Traced, Awaited<ReturnType<typeof createVerifier>>>>;
type Asked = {
  readonly histories: number;
  readonly seed: number;
  readonly plant?: string;
  readonly swarm?: object;
};

export const createVerifiers = async (): Promise<Verifiers & { close(): Promise<void> }> => {
  const [relays, consumers] = await Promise.all([createVerifier('relays'), createVerifier('consumers')]);
  return { relays, consumers, close: async () => void (await Promise.all([relays.close(), consumers.close()])) };
};

/** The traces of simulated histories. */
const simulate = async ({ histories, seed, plant, swarm = {} }: Asked): Promise<Record<Traced, CountedTraces>> => {
  const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-simulated-'));
  const file = join(directory, 'traces.json');
  const args = ['--histories', histories, '--seed', seed, '--swarm', JSON.stringify(swarm), '--traces', file];
  try {
    await runChild({ args: args.map(String), within: 600_000, ...(plant === undefined ? {} : { plant }) });
    return JSON.parse(await readFile(file, 'utf8')) as Record<Traced, CountedTraces>;
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

const verifyOne = async (
  verifier: Verifiers[Traced],
  { traces, leftOut }: CountedTraces,
  known: Set<string>,
): Promise<Round> => {
  const verdict = await verifier.verify(traces.map(({ steps }) => steps).filter((steps) => !known.has(steps)));
  const refusals = new Set(verdict.refusals.map(({ trace }) => trace));
  const count = (isRefused: boolean): number =>
    traces.filter(({ steps }) => refusals.has(steps) === isRefused).reduce((sum, { times }) => sum + times, 0);
  for (const { steps } of traces) if (!refusals.has(steps)) known.add(steps);
  return { accepted: count(false), refused: count(true), leftOut, verdict };
};

/** Simulates and verifies; traces in `known` are not verified again. */
export const verifySimulated = async (
  verifiers: Verifiers,
  asked: Asked,
  known = new Set<string>(),
): Promise<Record<Traced, Round>> => {
  const simulated = await simulate(asked);
  return {
    relays: await verifyOne(verifiers.relays, simulated.relays, known),
    consumers: await verifyOne(verifiers.consumers, simulated.consumers, known),
  };
};

export const describeRefusal = ({ trace, at, before }: Refusal): string =>
  [...before, `REFUSED, step ${at} of the trace: ${describeStep(trace, at)}`].join('\n  ');

/** Planted bugs of the simulation that traces can show. */
export const inScope: Readonly<Record<Traced, readonly (keyof typeof planted)[]>> = {
  relays: [
    'marked before the confirm',
    'marked whatever the broker said',
    'no mandatory',
    'returns ignored',
    'confirm timeout taken as success',
    'events of one aggregate side by side',
    'goes on behind a failure',
  ],
  consumers: [
    'ack before commit',
    'no inbox',
    'inbox in another transaction',
    'dedupe in memory',
    'shutdown acks unfinished work',
    'unknown version acked away',
  ],
};

const HISTORIES = 25;
const ROUNDS = 40;

/** The step by which the model refuses a planted bug, in words; null if it accepts all of a thousand histories. */
export const refusalOf = async (verifiers: Verifiers, of: Traced, plant: string): Promise<string | null> => {
  const swarm = likelyUnder[plant] ?? {};
  for (let round = 0; round < ROUNDS; round++) {
    const asked = { histories: HISTORIES, seed: 1 + round * HISTORIES, plant, swarm };
    const [first] = (await verifySimulated(verifiers, asked))[of].verdict.refusals;
    if (first) return describeStep(first.trace, first.at);
  }
  return null;
};
