/** One job for each event. `TUNED`: as https://worker.graphile.org/docs/performance recommends for many small jobs. */
import { Logger, run } from 'graphile-worker';
import { publish } from './broker/publish.ts';

const { DATABASE_URL = '', TUNED } = process.env;
const quiet = new Logger(() => () => undefined);
const tuned = {
  concurrentJobs: 500,
  localQueue: { size: 1_000 },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
  maxPoolSize: 10,
};

await run({
  connectionString: DATABASE_URL,
  logger: quiet,
  noHandleSignals: true,
  taskList: { publish: (payload) => publish(payload as Parameters<typeof publish>[0]) },
  ...(TUNED ? { preset: { worker: tuned } } : {}),
});
console.log('ready');
