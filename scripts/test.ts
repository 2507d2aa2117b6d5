/**
 * `npm test` = the checks, every test that needs no container, and faults, abuse and benchmarks in their small size;
 * `npm run test:unit` and the like run one kind; `npm test -- --with-compose` also `test:compose` where there is an engine.
 * Further arguments go to jest.
 */
import { runAbuse } from './test-run/abuse.ts';
import { runBench } from './test-run/bench.ts';
import { runCheck } from './test-run/check.ts';
import { runComposeIfPossible } from './test-run/compose.ts';
import { runFaults } from './test-run/faults.ts';
import { runJest } from './test-run/jest.ts';
import { sayCounts } from './test-run/counts.ts';

const usual = ['unit', 'integration', 'e2e'];
const kinds = [...usual, 'compose'];
const given = process.argv.slice(2);
const withCompose = given.includes('--with-compose');
const [first = '', ...rest] = given.filter((arg) => arg !== '--with-compose');
const kind = kinds.find((each) => `--${each}` === first);

const args = kind ? rest : [first, ...rest].filter(Boolean);
const isEverything = !kind && args.length === 0;

const checks = kind ? [] : [await runCheck()];
const tests = [await runJest(kind ? [kind] : usual, args)];
const suites = isEverything ? [await runFaults(), await runAbuse(), await runBench()] : [];
const containers = withCompose ? [await runComposeIfPossible()] : [];
process.exitCode = sayCounts([...checks, ...tests, ...suites, ...containers]);
