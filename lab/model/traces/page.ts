import { readTraceResults, type Tally, type TraceResults } from './results.ts';
import { eachTraced } from './verify.ts';

const number = (value: number): string => value.toLocaleString('en');

/** Steps of the trace build only. */
const observations = /^(Relay|Consumer) %d (gets|sends|has moved)|^The (published rows|outcome)/;

/** Replaces numbers by general words. */
const worded = (sentence: string): string =>
  sentence
    .replace(/^(Relay|Consumer) %d/, (name) => `A ${name.slice(0, -3).toLowerCase()}`)
    .replaceAll('#%d', 'a row')
    .replaceAll(' %d', '');

const figure = (tallies: readonly Tally[], name: 'accepted' | 'refused' | 'leftOut'): number =>
  tallies.reduce((total, tally) => total + tally[name], 0);

const takenIn = (tallies: readonly Tally[]): Set<string> =>
  new Set(tallies.flatMap(({ taken }) => Object.keys(taken)).filter((sentence) => !observations.test(sentence)));

/** The soak comes last. */
const faultNumber = (id: string): number => Number(/^F(\d+)/.exec(id)?.[1] ?? Infinity);

const coverageOf = ({ simulated, real, steps }: TraceResults) => {
  const ofModel = steps.filter((sentence) => !observations.test(sentence));
  const [bySimulation, byFaults] = [takenIn([simulated]), takenIn(Object.values(real))];
  const missing = ofModel.filter((sentence) => !bySimulation.has(sentence) && !byFaults.has(sentence));
  const taken = `${ofModel.length - missing.length} of ${ofModel.length} (${bySimulation.size} by simulation, ${byFaults.size} by faults)`;
  return { taken, missing };
};

/** The part of docs/model.md about traces. */
export const tracePart = async (): Promise<string[]> => {
  const all = await Promise.all(eachTraced.map(readTraceResults));
  const row = (source: string, ofEach: (results: TraceResults) => readonly Tally[]): string => {
    const accepted = all.map((results) => number(figure(ofEach(results), 'accepted')));
    return `| ${source} | ${accepted.join(' | ')} | ${figure(all.flatMap(ofEach), 'refused')} |`;
  };
  const faults = [...new Set(all.flatMap(({ real }) => Object.keys(real)))].toSorted(
    (a, b) => faultNumber(a) - faultNumber(b),
  );
  const left = figure(
    all.flatMap(({ simulated, real }) => [simulated, ...Object.values(real)]),
    'leftOut',
  );
  const histories = number(Math.max(...all.map(({ simulated }) => simulated.histories)));
  const coverage = all.map(coverageOf);
  const counts = coverage.map(({ taken }, n) => `of ${eachTraced[n]} ${taken}`).join(', ');
  const planted = all.flatMap((results) => Object.keys(results.planted)).length;
  return [
    '## Traces',
    '',
    'Accepted traces of relays (one for each aggregate) and consumers (one for each message):',
    '',
    `| source | ${eachTraced.join(' | ')} | refused |`,
    '|---|---|---|---|',
    row(`${histories} simulated histories`, ({ simulated }) => [simulated]),
    row(faults.join(', '), ({ real }) => Object.values(real)),
    '',
    `${left > 0 ? `${number(left)} more were too large for the verifiers, or went through the drain. ` : ''}Steps of the models that were taken: ${counts}. Not taken:`,
    '',
    ...coverage.flatMap(({ missing }) => missing.map((sentence) => `- ${worded(sentence)}`)),
    '',
    `Traces of ${planted} planted bugs were refused, each at the step that breaks the promise.`,
  ];
};
