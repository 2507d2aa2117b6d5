import { PgBoss } from 'pg-boss';
import type { Stage } from '../../../harness/stage.ts';
import type { Relay } from '../relay.ts';
import { isNone, isTunedVariable, named, SLOW_SECONDS, startPeer, type HowUsed } from './peer.ts';

const CHUNK = 5_000;

type Execute = (text: string, values?: unknown[]) => Promise<{ rows: unknown[] }>;

export const pgBoss = (how: HowUsed): Relay => {
  const senders = new Map<Stage, PgBoss>();
  const senderOf = (stage: Stage): PgBoss => senders.get(stage) as PgBoss;
  return {
    name: named('pg-boss', how),
    kind: 'peer',
    overSeconds: SLOW_SECONDS,
    prepare: async (stage) => {
      const boss = new PgBoss({ connectionString: stage.stack.bookings.adminDatabaseUrl, supervise: false });
      boss.on('error', (error) => console.error(error));
      await boss.start();
      await boss.createQueue('publish', how.isTuned ? { notify: true } : {});
      senders.set(stage, boss);
    },
    finish: (stage) => senderOf(stage).stop({ graceful: false }),
    start: (stage) => startPeer(stage, 'pg-boss', isTunedVariable(how)),
    fill: async (stage, count, from) => {
      const client = await stage.bookings.connect();
      await client.query('begin');
      const executeSql: Execute = (text, values) => client.query(text, values);
      for (let done = 0; done < count; done += CHUNK) {
        const { rows } = await client.query<{ envelope: object }>(
          'select envelope from bench_events where n > $2 order by n limit $1',
          [Math.min(CHUNK, count - done), from + done],
        );
        const jobs = rows.map(({ envelope }) => ({ data: envelope }));
        await senderOf(stage).insert('publish', jobs, { db: { executeSql } });
      }
      return async () => {
        await client.query('commit');
        client.release();
      };
    },
    isEmpty: (stage) => isNone(stage, "select from pgboss.job where name = 'publish' and state < 'completed'"),
    empty: async (stage) => void (await senderOf(stage).deleteAllJobs('publish')),
    insertOne: async (stage, event) => void (await senderOf(stage).send('publish', event)),
  };
};
