import { connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { query } from '@mentor-sessions/local-stack/databases';
import { startPostgresPair, type PostgresPair } from '@mentor-sessions/lab/servers/postgres-pair';
import type { Database } from '@mentor-sessions/service-kit/database';
import { OutcomeUnknown } from '@mentor-sessions/service-kit/errors';
import { queue, reviewWritten } from './reviews.ts';
import { createThirdService, spy, type ThirdService } from './third-service.ts';

let pair: PostgresPair;
let service: ThirdService;
beforeAll(async () => {
  pair = await startPostgresPair({ synchronous: true });
  service = await createThirdService({ postgres: pair.primary });
});
beforeEach(() => pair.link.heal());
afterEach(() => service.stop());
afterAll(async () => {
  pair.link.heal();
  await service.close();
  await pair.close();
});

const untilOneWaits = (statement: string): Promise<number> =>
  eventually(async () => {
    const waiting = "select pid from pg_stat_activity where wait_event = 'SyncRep' and query ~ $1";
    const [row] = await query<{ pid: number }>(pair.adminUrl, waiting, [statement]);
    if (!row) throw new Error(`no ${statement} waits for the standby`);
    return row.pid;
  });

/** By the relay that has just started. */
const untilPartitionsAreMade = () =>
  eventually(async () => {
    const making =
      "select from pg_stat_activity where state = 'active' and query ~ 'make_partitions' and pid <> pg_backend_pid()";
    return (await query(pair.adminUrl, making)).length === 0;
  });

/** It becomes visible, although the standby does not have it. */
const cancelWait = async (pid: number): Promise<void> => {
  await query(pair.adminUrl, 'select pg_cancel_backend($1)', [pid]);
};

test('an event is published only once the standby has it, even if the primary shows it earlier', async () => {
  const wire = await spy(service.adminAmqpUrl, '#');
  await service.startRelay({ mustReachAQueue: false });
  const [before, event] = [reviewWritten(), reviewWritten()];
  await service.enqueue(before);
  await eventually(() => wire.seen.some(({ id }) => id === before.id));
  await untilPartitionsAreMade();
  const outbox = () => query(pair.adminUrl.replace(/[^/]*$/, service.databaseName), 'select from outbox');
  await eventually(async () => (await outbox()).length === 0); // the relay's commit waits for no standby
  pair.link.blackHole();
  const enqueued = service.enqueue(event).catch((thrown: unknown) => thrown);
  await cancelWait(await untilOneWaits('commit'));
  expect(await enqueued).toBeInstanceOf(OutcomeUnknown);
  await untilOneWaits('pg_logical_emit_message'); // the relay has claimed it
  expect(wire.seen.map(({ id }) => id)).not.toContain(event.id);
  pair.link.heal();
  await eventually(() => wire.seen.some(({ id }) => id === event.id), { within: 20_000 });
  await wire.close();
});

test('an event is not published when another server confirms than the one it was read from', async () => {
  const wire = await spy(service.adminAmqpUrl, '#');
  let [isDue, isReplaced] = [false, false];
  const database: Database = {
    ...service.db,
    // as when the standby is promoted between claim and confirmation, and does not have the event
    confirmDurable: async () => {
      if (isDue && !isReplaced) {
        await query(
          pair.adminUrl,
          "select pg_terminate_backend(pid, 5000) from pg_locks where locktype = 'advisory' and classid = 1818324581",
        );
        await service.asOwner('delete from outbox');
        isReplaced = true;
      }
      await service.db.confirmDurable();
    },
  };
  await service.startRelay({ mustReachAQueue: false, database });
  const [before, lost, kept] = [reviewWritten(), reviewWritten(), reviewWritten()];
  await service.enqueue(before);
  await eventually(async () => {
    const moved = await service.asOwner(`select from outbox_published where message_id = '${before.id}'`);
    return moved.length === 1;
  });
  isDue = true;
  await service.enqueue(lost);
  await eventually(() => isReplaced);
  await service.enqueue(kept);
  await eventually(() => wire.seen.some(({ id }) => id === kept.id));
  expect(wire.seen.map(({ id }) => id)).not.toContain(lost.id);
  await wire.close();
});

test('a duplicate is acknowledged only once the standby has the effect of the first delivery', async () => {
  const connection = await connect(service.adminAmqpUrl);
  const channel = await connection.createChannel();
  await channel.purgeQueue(queue.name); // the event above is there
  const handled = () => query(pair.adminUrl.replace(/[^/]*$/, service.databaseName), 'select text from reviews');
  const start = () =>
    service.startConsumer(async (tx, messages) => {
      for (const { id, data } of messages) await tx.query('insert into reviews values ($1, $2)', [id, data.text]);
    });
  const consumer = await start();
  await eventually(() => consumer.isReady());
  pair.link.blackHole();
  const review = reviewWritten();
  const properties = { messageId: review.id, userId: 'reviews', type: 'review.written' };
  channel.publish('mentoring.events', 'review.written', Buffer.from(JSON.stringify(review)), properties);
  await eventually(async () => {
    await cancelWait(await untilOneWaits('commit'));
    return (await handled()).length === 1;
  });
  await untilOneWaits('commit'); // of the copy
  await service.stop();
  expect((await channel.checkQueue(queue.name)).messageCount).toBe(1);
  pair.link.heal();
  await start();
  await eventually(async () => (await channel.checkQueue(queue.name)).messageCount === 0);
  expect(await handled()).toEqual([{ text: 'good' }]);
  await connection.close();
});
