/** One job for each event. `TUNED`: batches, fetched without a pause while they are full; woken by a notification. */
import { PgBoss } from 'pg-boss';
import { publish } from './broker/publish.ts';

const { DATABASE_URL = '', TUNED } = process.env;
type Event = Parameters<typeof publish>[0];

const boss = new PgBoss({ connectionString: DATABASE_URL });
boss.on('error', (error) => console.error(error));
await boss.start();
await boss.createQueue('publish', TUNED ? { notify: true } : {});
const options = TUNED
  ? { batchSize: 500, burstWhenBatchFull: true, pollingIntervalSeconds: 0.5, localConcurrency: 2 }
  : {};
await boss.work<Event>('publish', options, async (jobs) => {
  await Promise.all(jobs.map(({ data }) => publish(data)));
});
console.log('ready');
