import { expect, test } from '@jest/globals';
import { plantedBugs } from '../faults/planted/planted-bugs.ts';
import { planted } from '../faults/simulation/planted.ts';
import { configurations } from './configurations.ts';
import { modelBugs, outOfScope, type ModelBug } from './planted.ts';
import { sentencesOf } from './sentences.ts';
import { exhaust, findShortest } from './spin.ts';

/** What a bug was planted in, each once. */
const withoutBug = ({ model, parameters }: ModelBug) => {
  const lawful = { model, parameters: parameters.replaceAll(/ BUG_\w+/g, '') };
  return [`${model} ${lawful.parameters}`, lawful] as const;
};

const inModel = modelBugs.flatMap(({ as }) => as);

test.each(modelBugs)('refuses: $name', async (bug) => {
  const { violation } = await findShortest(bug);
  expect(violation?.property).toBe(bug.property);
  expect(violation?.trace.length).toBeGreaterThan(0);
});

test.each([...new Map(modelBugs.map(withoutBug)).values()])('accepts $model with $parameters', async (configuration) =>
  expect((await exhaust(configuration)).violation).toBeNull(),
);

test('has each planted bug of the faults, or says why it cannot', () => {
  const covered = [...inModel.filter((name) => /^M\d+$/.test(name)), ...Object.keys(outOfScope)];
  expect(covered.toSorted()).toEqual(plantedBugs.map(({ id }) => id).toSorted());
});

test('names no planted bug of the simulation that is not there', () => {
  expect(inModel.filter((name) => !/^M\d+$/.test(name) && !(name in planted))).toEqual([]);
});

test('gives each configuration a name of its own', () => {
  expect(new Set(configurations.map(({ name }) => name)).size).toBe(configurations.length);
});

test('translates a trail into sentences', () => {
  const trail = 'spin: warning\n    Relay 0 publishes #3.\n  Statement 1 is sent for commands {5}.\nspin: trail ends';
  expect(sentencesOf(trail, 'AGGREGATES=2 EVENTS=2')).toEqual([
    'Relay 0 publishes event 2 of aggregate 1.',
    'Statement 1 is sent for commands 0 and 2.',
  ]);
});

test('lists the repeated steps of an endless run once', () => {
  const trail = '  A step.\n<<<<<START OF CYCLE>>>>>\n  Another.\n  A third.\n  Another.\n  A third.\n';
  expect(sentencesOf(trail, '')).toEqual([
    'A step.',
    'From here on, the same again and again.',
    'Another.',
    'A third.',
  ]);
});
