import { writeFileSync } from 'node:fs';

/** Leaves jest's counts in the file that scripts/test-run/jest.ts names. */
export default class CountsReporter {
  onRunComplete(_contexts, results) {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests, numRuntimeErrorTestSuites } = results;
    const counts = {
      passed: numPassedTests,
      failed: numFailedTests + numRuntimeErrorTestSuites,
      skipped: numPendingTests + numTodoTests,
    };
    writeFileSync(process.env.MENTOR_SESSIONS_COUNTS_FILE, JSON.stringify(counts));
  }
}
