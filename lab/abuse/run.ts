/**
 * `npm run abuse`: every attack of the suite, results written to lab/abuse/results.md. `-- --only tokens,http`: these parts.
 * `-- --small`: fewer of each kind, nothing recorded (part of npm test). Exit code 1 if any check did not hold.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { startTestRun } from '@mentor-sessions/lab/test-run';
import { parts } from './parts.ts';
import { recordResults, runParts } from './run-parts.ts';

const { values } = parseArgs({
  options: { only: { type: 'string' }, small: { type: 'boolean', default: false } },
});
const { only: named, small } = values;
const wanted = named?.split(',');
const asked = parts.filter(({ name }) => !wanted || wanted.includes(name));
if (asked.length === 0) throw new Error(`there are: ${parts.map(({ name }) => name).join(', ')}`);

const endTestRun = await startTestRun();
try {
  const results = await runParts(asked, small ? 'small' : 'full');
  const verdicts = results.flatMap((result) => result.verdicts);
  const failed = verdicts.filter(({ faults }) => faults.length > 0).length;
  if (!small) await recordResults(results);
  const file = process.env['MENTOR_SESSIONS_COUNTS_FILE'];
  if (file) await writeFile(file, JSON.stringify({ passed: verdicts.length - failed, failed, skipped: 0 }));
  process.exitCode = failed > 0 ? 1 : 0;
} finally {
  await endTestRun();
}
