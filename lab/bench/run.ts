/**
 * `npm run bench`: every job in full size; results into docs/benchmarks. `-- --only relay,lag`: these jobs. `-- --rounds 7`.
 * `-- --quick`: three minutes, nothing is kept unless `-- --keep`. `-- --smoke`: part of npm run lab. `-- --long` is `npm run bench:long`.
 * `-- --page`: measures nothing; writes the page again from the recorded rounds.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { describeMachine, openWorld } from './harness/world.ts';
import { keep, keepAgain, print } from './harness/report/write.ts';
import { measure, secondsSince } from './harness/rounds.ts';
import { jobs } from './jobs/all.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    long: { type: 'boolean', default: false },
    page: { type: 'boolean', default: false },
  },
});
if (values.page) {
  await keepAgain(jobs);
  process.exit();
}
const scale = (values.smoke && 'smoke') || (values.quick && 'quick') || (values.long && 'long') || 'full';
const { only } = values;
const names = only?.split(',');
const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
const wanted = jobs.filter(
  ({ name, isLong = false, leftOutOf = [] }) =>
    names?.includes(name) ?? ((scale === 'smoke' || isLong === values.long) && !leftOutOf.includes(scale)),
);
if (wanted.length === 0) throw new Error(`the jobs are ${jobs.map(({ name }) => name).join(', ')}`);

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
  const file = process.env['MENTOR_SESSIONS_COUNTS_FILE'];
  if (file) await writeFile(file, JSON.stringify({ passed, failed, skipped: 0 }));
  process.exitCode = failed > 0 ? 1 : 0;
} finally {
  await world.close();
}
