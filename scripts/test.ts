/** `npm test` = the checks and every test; `npm run test:unit` and the like run one kind. Further arguments go to jest. */
import { runCheck } from './test-run/check.ts';
import { runJest } from './test-run/jest.ts';
import { sayCounts } from './test-run/counts.ts';

const kinds = ['unit', 'integration', 'e2e'];
const [first = '', ...rest] = process.argv.slice(2);
const kind = kinds.find((each) => `--${each}` === first);

const checks = kind ? [] : [await runCheck()];
const tests = await runJest(kind, kind ? rest : process.argv.slice(2));
process.exitCode = sayCounts([...checks, tests]);
