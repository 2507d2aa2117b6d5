import type { PlantedBug } from './planted-bug.ts';
import { withoutTheLastInbox } from './unguard.ts';

const batcher = 'libs/messaging/src/consumer/batcher.ts';
const consumer = 'libs/messaging/src/consumer/consumer.ts';
const handleBatch = 'libs/messaging/src/consumer/handle-batch.ts';
const inbox = 'libs/messaging/src/inbox/inbox.ts';
const verdicts = 'libs/messaging/src/inbox/inbox.ts';
const settle = 'libs/messaging/src/consumer/settle-batch.ts';
const topology = 'libs/messaging/src/broker/topology.ts';
const taken = 'const batch = arrived.splice(0, countWithin(arrived, batchSize));';
const settled = 'acknowledge(batch.map(({ delivery }) => delivery).filter((delivery) => !later.has(delivery)));';
const keepDead = 'poison.map((one) => settlePoison(one, options))';
const entered =
  'const entered = await tx.query<{ message_id: string }>(enter, [ids, queue, messages.map((m) => m.contentHash)]);';

export const consumerBugs: readonly PlantedBug[] = [
  {
    id: 'M6',
    name: 'acknowledged before the commit',
    patches: [
      {
        file: batcher,
        find: taken,
        replace: `${taken}\n    acknowledge(batch.map(({ delivery }) => delivery));`,
      },
      { file: batcher, find: settled, replace: '' },
    ],
    fault: 'F5',
  },
  {
    id: 'M7',
    name: 'no inbox',
    patches: [
      {
        file: inbox,
        find: 'if (entered.length === messages.length) return',
        replace: 'if (messages.length > 0) return',
      },
    ],
    unguard: { sessions: withoutTheLastInbox },
    fault: 'F21',
  },
  {
    id: 'M8',
    name: 'the inbox is written in a transaction of its own',
    patches: [
      {
        file: handleBatch,
        find: 'inbox.enter(tx, queue.name, sorted)',
        replace: 'inbox.enter(database, queue.name, sorted)',
      },
    ],
    fault: 'F5',
  },
  {
    id: 'M9',
    name: 'what cannot be handled is requeued forever',
    patches: [
      {
        file: settle,
        find: 'const { received, poison } = sort(batch);',
        replace:
          "const { received, poison } = sort(batch);\n  if (poison.length > 0) throw new Error('cannot be handled');",
      },
    ],
    fault: 'F24',
  },
  {
    id: 'M10',
    name: 'an unknown version is acknowledged away',
    patches: [
      {
        file: settle,
        find: keepDead,
        replace: "poison.filter(({ reason }) => reason !== 'unknown-version').map((one) => settlePoison(one, options))",
      },
    ],
    fault: 'F24',
  },
  {
    id: 'M16',
    name: 'the null delivery of a deleted queue is ignored',
    patches: [
      {
        file: consumer,
        find: `if (delivery) return batcher.take(delivery);
      isQueueGone = true;
      batcher.end();`,
        replace: 'if (delivery) batcher.take(delivery);',
      },
    ],
    fault: 'F27',
  },
  {
    id: 'M17',
    name: 'duplicates are recognised in memory',
    patches: [
      {
        file: inbox,
        find: entered,
        replace: `const seen = (globalThis.seen ??= new Set());
  const entered = messages.filter(({ id }) => !seen.has(id)).map(({ id }) => ({ message_id: id }));
  for (const id of ids) seen.add(id);`,
      },
      {
        file: verdicts,
        find: 'present(known.get(id), `inbox.content_hash of ${id}`).equals(contentHash)',
        replace: 'true || present(known.get(id), id)',
      },
    ],
    unguard: { sessions: withoutTheLastInbox },
    fault: 'F6',
  },
  {
    id: 'M18',
    name: 'dead-lettering at most once',
    patches: [
      {
        file: topology,
        find: "'x-dead-letter-strategy': 'at-least-once'",
        replace: "'x-dead-letter-strategy': 'at-most-once'",
      },
    ],
    fault: 'F30 limit',
  },
  {
    id: 'M19',
    name: 'a shutdown acknowledges unfinished work',
    patches: [
      {
        file: consumer,
        find: `if (stopping.aborted || paused.aborted) await batcher.settleRest();
    channel.nackAll(true);`,
        replace: 'if (stopping.aborted) channel.ackAll();\n    else channel.nackAll(true);',
      },
    ],
    fault: 'F38 workers',
  },
  {
    id: 'M20',
    name: 'duplicates are recognised for a while only',
    patches: [],
    unguard: { sessions: withoutTheLastInbox },
    fault: 'F21',
  },
];
