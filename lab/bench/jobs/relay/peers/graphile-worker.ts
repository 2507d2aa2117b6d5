import { runMigrations } from 'graphile-worker';
import type { Relay } from '../relay.ts';
import { fillBy, isNone, isTunedVariable, named, SLOW_SECONDS, startPeer, type HowUsed } from './peer.ts';

const jobs = 'graphile_worker._private_jobs';

export const graphileWorker = (how: HowUsed): Relay => ({
  name: named('graphile-worker', how),
  kind: 'peer',
  ...(how.isTuned ? {} : { overSeconds: SLOW_SECONDS }),
  prepare: ({ stack }) => runMigrations({ connectionString: stack.bookings.adminDatabaseUrl }),
  start: (stage) => startPeer(stage, 'graphile-worker', isTunedVariable(how)),
  fill: (stage, count, from) =>
    fillBy(
      stage,
      `select graphile_worker.add_jobs(array(
         select ('publish', envelope, null, null, null, null, null, null)::graphile_worker.job_spec
         from bench_events where n > $2 order by n limit $1))`,
      [count, from],
    ),
  isEmpty: (stage) => isNone(stage, `select from ${jobs}`),
  empty: async ({ bookings }) => void (await bookings.query(`truncate ${jobs}`)),
  insertOne: async ({ bookings }, event) => {
    await bookings.query({
      name: 'one-graphile-worker',
      text: `select graphile_worker.add_job('publish', $1)`,
      values: [JSON.stringify(event)],
    });
  },
});
