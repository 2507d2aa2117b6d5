import { chosen, readArguments } from '@mentor-sessions/local-stack/arguments';
import { startTestRun } from '@mentor-sessions/lab/test-run';
import { reportCounts } from '../../scripts/test-run/counts.ts';
import { parts } from './parts.ts';
import { recordResults } from './report.ts';
import { runParts } from './run-parts.ts';

const names = parts.map(({ name }) => name);
const usage = `
npm run abuse -- [options]    every attack of the suite; results are written to lab/abuse/results.md

  --only <parts>   these alone: ${names.join(',')}
  --small          fewer of each kind, and nothing is recorded, as in npm run lab

Exit code 1: a check did not hold.
`;
const { only, small } = readArguments(usage, { only: { type: 'string' }, small: { type: 'boolean', default: false } });
const wanted = chosen('only', only, names) ?? names;
const asked = parts.filter(({ name }) => wanted.includes(name));

const endTestRun = await startTestRun();
try {
  const results = await runParts(asked, small ? 'small' : 'full');
  const verdicts = results.flatMap((result) => result.verdicts);
  const failed = verdicts.filter(({ faults }) => faults.length > 0).length;
  if (!small) await recordResults(results);
  reportCounts({ passed: verdicts.length - failed, failed });
} finally {
  await endTestRun();
}
