import { readTraceResults, type Tally } from './results.ts';

const number = (value: number): string => value.toLocaleString('en');

/** Steps of the trace build only. */
const observations = /^Relay %d (gets|sends|has moved)|^The published rows/;

/** Replaces numbers of rows and relays by general words. */
const worded = (sentence: string): string =>
  sentence
    .replaceAll(/[Rr]elay %d|#%d/g, (found) => (found === '#%d' ? 'a row' : `${found[0]}elay`))
    .replaceAll(' %d', '');

const sum = (tallies: readonly Tally[], figure: 'accepted' | 'refused' | 'leftOut'): number =>
  tallies.reduce((total, tally) => total + tally[figure], 0);

const takenIn = (tallies: readonly Tally[]): Set<string> =>
  new Set(tallies.flatMap(({ taken }) => Object.keys(taken)).filter((sentence) => !observations.test(sentence)));

/** The soak comes last. */
const faultNumber = (id: string): number => Number(/^F(\d+)/.exec(id)?.[1] ?? Infinity);

/** The part of docs/model.md about traces. */
export const tracePart = async (): Promise<string[]> => {
  const { simulated, real, planted, steps } = await readTraceResults();
  const faults = Object.entries(real).toSorted(([a], [b]) => faultNumber(a) - faultNumber(b));
  const tallies = faults.map(([, tally]) => tally);
  const ofModel = steps.filter((sentence) => !observations.test(sentence));
  const [bySimulation, byFaults] = [takenIn([simulated]), takenIn(tallies)];
  const missing = ofModel.filter((sentence) => !bySimulation.has(sentence) && !byFaults.has(sentence));
  const coverage = `${ofModel.length - missing.length} of ${ofModel.length} steps of the model were taken: ${bySimulation.size} by simulation, ${byFaults.size} by faults.`;
  const left = sum([simulated, ...tallies], 'leftOut');
  return [
    '## Traces',
    '',
    `| source | traces accepted | refused |`,
    '|---|---|---|',
    `| ${number(simulated.histories)} simulated histories | ${number(simulated.accepted)} | ${number(simulated.refused)} |`,
    `| ${faults.map(([id]) => id).join(', ')} | ${number(sum(tallies, 'accepted'))} | ${number(sum(tallies, 'refused'))} |`,
    '',
    `${left > 0 ? `${number(left)} more had too many rows or relays for the verifier. ` : ''}${coverage} Not taken:`,
    '',
    ...missing.map((sentence) => `- ${worded(sentence)}`),
    '',
    `Traces of ${Object.keys(planted).length} planted bugs were refused, each at the step that breaks the promise.`,
  ];
};
