import { chosen, count, readArguments } from '@mentor-sessions/local-stack/arguments';
import { reportCounts } from '../../scripts/test-run/counts.ts';
import { describeMachine, openWorld } from './harness/world.ts';
import { keep, keepAgain, print } from './harness/report/write.ts';
import { measure, secondsSince } from './harness/rounds.ts';
import { jobs } from './jobs/all.ts';

const known = jobs.map(({ name }) => name);
const usage = `
npm run bench -- [options]    every job in full size; results are written to docs/benchmarks

  --only <jobs>   these alone: ${known.join(',')}
  --rounds <n>    rounds of each job
  --quick         three minutes; nothing is kept without --keep
  --keep          with --quick: keep the results
  --smoke         the smallest size, as in npm run lab
  --long          as npm run bench:long
  --page          measure nothing; write the page again from the recorded rounds
`;
const values = readArguments(usage, {
  only: { type: 'string' },
  rounds: { type: 'string' },
  quick: { type: 'boolean', default: false },
  keep: { type: 'boolean', default: false },
  smoke: { type: 'boolean', default: false },
  long: { type: 'boolean', default: false },
  page: { type: 'boolean', default: false },
});
if (values.page) {
  await keepAgain(jobs);
  process.exit();
}
const scale = (values.smoke && 'smoke') || (values.quick && 'quick') || (values.long && 'long') || 'full';
const { only } = values;
const names = chosen('only', only, known);
const rounds = values.rounds === undefined ? undefined : count('rounds', values.rounds);
const wanted = jobs.filter(
  ({ name, isLong = false, leftOutOf = [] }) =>
    names?.includes(name) ?? ((scale === 'smoke' || isLong === values.long) && !leftOutOf.includes(scale)),
);

const say = (line: string): void => void process.stderr.write(`${line}\n`);
const world = await openWorld(scale, say);
const machine = describeMachine(world);
say(Object.values(machine).join(', '));
let [passed, failed] = [0, 0];
try {
  for (const job of wanted) {
    const began = performance.now();
    try {
      const measurements = await measure(job, world, rounds);
      console.log(`\n${job.name}: ${job.title}\n\n${print(measurements)}\n`);
      if (scale === 'full' || scale === 'long' || values.keep) await keep(measurements, machine, secondsSince(began));
      passed += 1;
    } catch (error) {
      failed += 1;
      console.error(`${job.name} FAILED`, error);
    }
    say(`${job.name} took ${secondsSince(began)} s`);
  }
  reportCounts({ passed, failed });
} finally {
  await world.close();
}
