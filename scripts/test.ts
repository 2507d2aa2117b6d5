/** `npm test` = the checks, every test, and faults, abuse and benchmarks in their small size; `npm run test:unit` and the like run one kind. Further arguments go to jest. */
import { runAbuse } from './test-run/abuse.ts';
import { runBench } from './test-run/bench.ts';
import { runCheck } from './test-run/check.ts';
import { runFaults } from './test-run/faults.ts';
import { runJest } from './test-run/jest.ts';
import { sayCounts } from './test-run/counts.ts';

const kinds = ['unit', 'integration', 'e2e'];
const [first = '', ...rest] = process.argv.slice(2);
const kind = kinds.find((each) => `--${each}` === first);

const args = kind ? rest : process.argv.slice(2);
const isEverything = !kind && args.length === 0;

const checks = kind ? [] : [await runCheck()];
const tests = [await runJest(kind, args)];
const suites = isEverything ? [await runFaults(), await runAbuse(), await runBench()] : [];
process.exitCode = sayCounts([...checks, ...tests, ...suites]);
