import { writeFileSync } from 'node:fs';

const file = process.env.MENTOR_SESSIONS_COUNTS_FILE;

/** Leaves jest's counts in the file that scripts/test-run/jest.ts names, if it is jest.ts that runs it. */
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
