import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { versionOfTraces, type Traced, type Verdict } from './verify.ts';

const file = fileURLToPath(new URL('./results.json', import.meta.url));

/** Sums over all runs. `taken`: for each step of the model (by its sentence), the number of distinct traces with it. */
export type Tally = {
  readonly accepted: number;
  readonly refused: number;
  readonly leftOut: number;
  readonly taken: Readonly<Record<string, number>>;
};
export type TraceResults = {
  /** The version of the model; results of another are dropped. */
  readonly version: string;
  /** All steps that the verifier has. */
  readonly steps: readonly string[];
  readonly simulated: Tally & { readonly histories: number; readonly nextSeed: number };
  /** By the number of the fault. */
  readonly real: Readonly<Record<string, Tally>>;
  /** For each refused planted bug, the step in words. */
  readonly planted: Readonly<Record<string, string>>;
};

const nothing: Tally = { accepted: 0, refused: 0, leftOut: 0, taken: {} };

type Kept = Partial<Record<Traced, Partial<TraceResults>>>;
const readKept = async (): Promise<Kept> => JSON.parse(await readFile(file, 'utf8').catch(() => '{}')) as Kept;

export const readTraceResults = async (of: Traced): Promise<TraceResults> => {
  const version = await versionOfTraces(of);
  const kept = (await readKept())[of] ?? {};
  const empty = { version, steps: [], simulated: { ...nothing, histories: 0, nextSeed: 1 }, real: {}, planted: {} };
  return kept.version === version ? { ...empty, ...kept } : empty;
};

/** Changes the results; on disk when this resolves. */
export const changeTraceResults = async (
  of: Traced,
  change: (results: TraceResults) => Partial<TraceResults>,
): Promise<void> => {
  const results = await readTraceResults(of);
  const all = { ...(await readKept()), [of]: { ...results, ...change(results) } };
  await writeFile(file, `${JSON.stringify(all, null, 2)}\n`);
};

export type Added = { readonly accepted: number; readonly refused: number; readonly leftOut: number };

export const addTo = (tally: Tally = nothing, added: Added, { taken }: Pick<Verdict, 'taken'>): Tally => {
  const all = { ...tally.taken };
  for (const [sentence, times] of taken) all[sentence] = (all[sentence] ?? 0) + times;
  return {
    accepted: tally.accepted + added.accepted,
    refused: tally.refused + added.refused,
    leftOut: tally.leftOut + added.leftOut,
    taken: all,
  };
};
