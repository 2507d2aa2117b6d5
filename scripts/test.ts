import { runCheck, runComposeIfPossible, runJest, runScript, sayCounts } from './test-run/parts.ts';

const usage = `
npm test -- [options]    runs the checks, then unit, integration and end-to-end tests

  --unit --integration --e2e --lab-tests --compose   one kind only
  --lab       the lab instead: its own tests, then faults, attacks, model, versions, generators and benchmarks in
              their small sizes
  --all       tests and lab, and docker compose where an engine answers
  --changed   only what changes that are not committed touch (jest's --changedSince=<commit> takes another commit)

Other arguments go to jest. The last line is "N passed, N failed".
`;
const given = process.argv.slice(2);
if (given.includes('--help') || given.includes('-h')) {
  console.log(usage.trim());
  process.exit();
}
const args = new Set(given);
const has = (flag: string): boolean => args.delete(flag);

const kind = ['unit', 'integration', 'e2e', 'lab-tests', 'compose'].find((name) => has(`--${name}`));
const [lab, all, changed] = [has('--lab'), has('--all'), has('--changed')];
const forJest = changed ? [...args, '--onlyChanged', '--passWithNoTests'] : [...args];

const tests = async () => [
  ...(forJest.length === 0 ? [await runCheck()] : []),
  await runJest(['unit', 'integration', 'e2e'], forJest),
];
// each run of a fault counts as a test, as does each attack, configuration of the model, generator and job of the benchmark
const smallSizes = async () => [
  await runJest(['lab-tests'], forJest),
  await runScript(['lab/faults/run.ts', '--quick']),
  await runScript(['lab/abuse/run.ts', '--small']),
  await runScript(['lab/model/run.ts', '--small']),
  await runScript(['lab/versions/run.ts', '--small']),
  await runScript(['lab/generators/run.ts']),
  await runScript(['lab/bench/run.ts', '--smoke']),
];

const counts = [];
if (kind) counts.push(await runJest([kind], forJest));
if (!kind && !lab) counts.push(...(await tests()));
if (lab || all) counts.push(...(await smallSizes()));
if (all) counts.push(await runComposeIfPossible());
sayCounts(counts);
