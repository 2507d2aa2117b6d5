import { writeFileSync } from 'node:fs';

const file = process.env.MENTOR_SESSIONS_COUNTS_FILE;

/** Writes jest's counts to the file that parts.ts names, if it is parts.ts that runs jest. */
export default class CountsReporter {
  onRunComplete(_contexts, results) {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites } = results;
    const counts = {
      passed: numPassedTests,
      failed: numFailedTests + numRuntimeErrorTestSuites,
      skipped: numPendingTests + numTodoTests,
    };
    if (file) writeFileSync(file, JSON.stringify(counts));
  }
}
