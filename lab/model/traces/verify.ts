import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { debianCommand } from '@mentor-sessions/lab/debian-command';
import { versionOf } from '../version.ts';
import { inboxBounds } from './inbox-traces.ts';
import { bounds } from './outbox-traces.ts';

const run = promisify(execFile);

const { rows, processes, loops } = bounds;
const { copies, consumers } = inboxBounds;

/** The models whose traces are compared. `sizes`: also for the compiler. */
const models = {
  relays: {
    file: 'outbox-and-relay',
    parameters: ['AGGREGATES=1', `EVENTS=${rows}`, 'COPY=0', 'LANES=1', 'FAULTS=1', 'REFUSALS', 'UNBOUND', 'TRACES'],
    sizes: [`RELAYS=${processes * loops}`, `LOOPS=${loops}`],
  },
  consumers: {
    file: 'consumer-and-inbox',
    parameters: ['MESSAGES=1', `COPIES=${copies}`, 'FAULTS=1', 'LIMIT=100', 'TRACES'],
    sizes: [`CONSUMERS=${consumers}`],
  },
} as const;

/** Whose traces. */
export type Traced = keyof typeof models;
export const eachTraced: readonly Traced[] = ['relays', 'consumers'];

const flags = ['SAFETY', 'NOREDUCE', 'MEMLIM=4000'];
/** Traces per run of the verifier, which holds the states of all of them. */
const AT_ONCE = 10_000;
const DEPTH = 100_000;

export type Refusal = {
  readonly trace: string;
  /** The step that the model cannot take. */
  readonly at: number;
  /** The model's steps before it, in sentences: one of the possible ways. */
  readonly before: readonly string[];
};
export type Verdict = {
  readonly refusals: readonly Refusal[];
  readonly states: number;
  /** How often each step of the model was taken by a trace that was accepted, by its sentence. */
  readonly taken: ReadonlyMap<string, number>;
};

/** Changes with everything that decides whether a trace is accepted. */
export const versionOfTraces = async (of: Traced): Promise<string> => {
  const { file, parameters, sizes } = models[of];
  const reader = await readFile(join(import.meta.dirname, '../traces.h'), 'utf8');
  return versionOf(file, [...parameters, ...sizes], reader);
};

/** A verifier of traces, generated from the model by Spin and compiled. */
export const createVerifier = async (of: Traced) => {
  const { file, parameters, sizes } = models[of];
  const spin = await debianCommand('spin', 'spin');
  const gcc = await debianCommand('gcc', 'gcc');
  const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-traces-'));
  const within = { cwd: directory, maxBuffer: 64 * 1024 * 1024 };
  await cp(join(import.meta.dirname, '..'), directory, { recursive: true });
  await run(spin, ['-a', ...[...parameters, ...sizes].map((value) => `-D${value}`), `${file}.pml`], within);
  const steps = join(directory, 'pan.m');
  const text = await readFile(steps, 'utf8');
  await writeFile(steps, text.replaceAll(/\bPrintf\(/g, 'sentence('));
  await run(gcc, ['-w', '-O1', ...[...sizes, ...flags].map((flag) => `-D${flag}`), '-o', 'pan', 'pan.c'], within);

  /** Assertions (-A) and end states (-E) are ignored: it searches only for a way through each trace. */
  const search = async (traces: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> => {
    await writeFile(join(directory, 'traces.txt'), traces.map((trace) => `${trace}\n`).join(''));
    const { stdout } = await run('./pan', ['-A', '-E', '-w20', `-m${DEPTH}`], { ...within, env });
    if (/max search depth too small|out of memory/.test(stdout)) throw new Error(`not verified:\n${stdout}`);
    return stdout;
  };

  const explain = async (trace: string): Promise<string[]> =>
    [...(await search([trace], { EXPLAIN: '1' })).matchAll(/^good (.*)$/gm)].map(([, sentence = '']) => sentence);

  const verifySome = async (traces: readonly string[]): Promise<Verdict> => {
    const report = await search(traces);
    const refusals: Refusal[] = [];
    for (const [, number, at] of report.matchAll(/^refused (\d+) at (\d+)$/gm)) {
      const trace = traces[Number(number)] ?? '';
      refusals.push({ trace, at: Number(at), before: await explain(trace) });
    }
    const taken = new Map<string, number>();
    for (const [, times, sentence = ''] of report.matchAll(/^taken (\d+) (.*)$/gm)) taken.set(sentence, Number(times));
    return { refusals, taken, states: Number(/([\d.e+]+) states, stored/.exec(report)?.[1] ?? Number.NaN) };
  };

  return {
    /** The sentences of all steps of the model, each once. */
    steps: [...new Set([...text.matchAll(/\bPrintf\("(.*?)\\n"/g)].map(([, sentence = '']) => sentence))],
    verify: async (traces: readonly string[]): Promise<Verdict> => {
      const verdicts: Verdict[] = [];
      for (let from = 0; from < traces.length; from += AT_ONCE)
        verdicts.push(await verifySome(traces.slice(from, from + AT_ONCE)));
      return merge(verdicts);
    },
    close: (): Promise<void> => rm(directory, { recursive: true, force: true }),
  };
};

const merge = (verdicts: readonly Verdict[]): Verdict => {
  const taken = new Map<string, number>();
  for (const [sentence, times] of verdicts.flatMap((verdict) => [...verdict.taken]))
    taken.set(sentence, (taken.get(sentence) ?? 0) + times);
  const refusals = verdicts.flatMap((verdict) => verdict.refusals);
  return { refusals, taken, states: verdicts.reduce((sum, { states }) => sum + states, 0) };
};
