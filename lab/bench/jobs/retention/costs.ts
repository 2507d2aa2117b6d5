import { inTransaction } from '@mentor-sessions/service-kit/database/transaction';
import pg from 'pg';
import { enterInbox } from '../../../../libs/messaging/src/inbox/inbox.ts';
import type { Message } from '../../../../libs/messaging/src/inbox/message.ts';
import { claimRows, moveToPublished } from '../../../../libs/messaging/src/relay/outbox-rows.ts';
import type { Sample } from '../../harness/job.ts';
import { startMeter } from '../../harness/measure/meter.ts';
import type { Stage } from '../../harness/stage.ts';
import { median } from '../../harness/statistics.ts';
import { uuidAt } from '../../harness/uuid-at.ts';
import { insertCopies } from '../../harness/waiting-rows.ts';
import type { World } from '../../harness/world.ts';

const CLAIMED_AT_ONCE = 500;
const ENTERED_AT_ONCE = 250;

/** Does it again and again until it says that there is no more, and gives PostgreSQL's time for each of `rows`, and for a batch. */
const timed = async (
  world: World,
  { name, rows, batch }: { name: string; rows: number; batch: () => Promise<boolean> },
): Promise<Sample> => {
  const times: number[] = [];
  const stop = startMeter(world, []);
  for (let isMore = true; isMore;) {
    const began = performance.now();
    isMore = await batch();
    if (isMore) times.push(performance.now() - began);
  }
  return { [`${name}Cpu`]: stop().postgres / rows, [`${name}Ms`]: median(times) };
};

/** What the relay's and the consumer's statements cost, as the application role, on the tables as they are; `at`: the time in them. */
export const measureCosts = async (
  world: World,
  { stack, sessions }: Stage,
  { rows, at }: { rows: number; at: Date },
): Promise<Sample> => {
  const pool = new pg.Pool({ connectionString: stack.sessions.databaseUrl, max: 1 });
  try {
    await pool.query('select outbox_published_make_partitions(1)');
    await insertCopies(sessions, rows);
    const claim = (): Promise<boolean> =>
      inTransaction(pool, async (tx) => {
        const claimed = await claimRows(tx, { rows: CLAIMED_AT_ONCE });
        await moveToPublished(tx, claimed);
        return claimed.length > 0;
      });
    const claimed = await timed(world, { name: 'claim', rows, batch: claim });
    const ids = await sessions.query<{ id: string }>(
      `select ${uuidAt('$1::timestamptz')} as id from generate_series(1, $2::integer)`,
      [at, rows],
    );
    const contentHash = Buffer.alloc(32);
    const messages = ids.rows.map(({ id }) => ({ id, contentHash }) as Message);
    const enter = async (): Promise<boolean> => {
      const some = messages.splice(0, ENTERED_AT_ONCE);
      if (some.length > 0) await inTransaction(pool, (tx) => enterInbox(tx, 'bench', some));
      return some.length > 0;
    };
    return { ...claimed, ...(await timed(world, { name: 'inbox', rows, batch: enter })) };
  } finally {
    await pool.end();
  }
};
