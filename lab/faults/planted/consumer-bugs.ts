import { patchesOf, type PlantedBug } from './planted-bug.ts';
import { withoutTheLastInbox } from './unguard.ts';

const batcher = patchesOf('libs/messaging/src/consumer/batcher.ts');
const consumer = patchesOf('libs/messaging/src/consumer/consumer.ts');
const handleBatch = patchesOf('libs/messaging/src/consumer/handle-batch.ts');
const inbox = patchesOf('libs/messaging/src/inbox/inbox.ts');
const settle = patchesOf('libs/messaging/src/consumer/settle-batch.ts');
const topology = patchesOf('libs/messaging/src/broker/topology.ts');

const taken = 'const batch = arrived.splice(0, countWithin(arrived, batchSize));';
const settled = 'acknowledge(batch.map(({ delivery }) => delivery).filter((delivery) => !later.has(delivery)));';
const entered =
  'const entered = await tx.query<{ message_id: string }>(enter, [ids, queue, messages.map((m) => m.contentHash)]);';

export const consumerBugs: readonly PlantedBug[] = [
  {
    id: 'M6',
    name: 'acknowledged before the commit',
    patches: [
      batcher(taken, `${taken}\n    acknowledge(batch.map(({ delivery }) => delivery));`),
      batcher(settled, ''),
    ],
    fault: 'F5',
  },
  {
    id: 'M7',
    name: 'no inbox',
    patches: [inbox('if (entered.length === messages.length) return', 'if (messages.length > 0) return')],
    unguard: { sessions: withoutTheLastInbox },
    fault: 'F21',
  },
  {
    id: 'M8',
    name: 'the inbox is written in a transaction of its own',
    patches: [handleBatch('inbox.enter(tx, queue.name, sorted)', 'inbox.enter(database, queue.name, sorted)')],
    fault: 'F5',
  },
  {
    id: 'M9',
    name: 'what cannot be handled is requeued forever',
    patches: [
      settle(
        'const { received, poison } = sort(batch);',
        "const { received, poison } = sort(batch);\n  if (poison.length > 0) throw new Error('cannot be handled');",
      ),
    ],
    fault: 'F24',
  },
  {
    id: 'M10',
    name: 'an unknown version is acknowledged away',
    patches: [
      settle(
        'poison.map((one) => settlePoison(one, options))',
        "poison.filter(({ reason }) => reason !== 'unknown-version').map((one) => settlePoison(one, options))",
      ),
    ],
    fault: 'F24',
  },
  {
    id: 'M16',
    name: 'the null delivery of a deleted queue is ignored',
    patches: [
      consumer(
        `if (delivery) return batcher.take(delivery);
      isQueueGone = true;
      batcher.end();`,
        'if (delivery) batcher.take(delivery);',
      ),
    ],
    fault: 'F27',
  },
  {
    id: 'M17',
    name: 'duplicates are recognised in memory',
    patches: [
      inbox(
        entered,
        `const seen = (globalThis.seen ??= new Set());
  const entered = messages.filter(({ id }) => !seen.has(id)).map(({ id }) => ({ message_id: id }));
  for (const id of ids) seen.add(id);`,
      ),
      inbox(
        'present(known.get(id), `inbox.content_hash of ${id}`).equals(contentHash)',
        'true || present(known.get(id), id)',
      ),
    ],
    unguard: { sessions: withoutTheLastInbox },
    fault: 'F6',
  },
  {
    id: 'M18',
    name: 'dead-lettering at most once',
    patches: [topology("'x-dead-letter-strategy': 'at-least-once'", "'x-dead-letter-strategy': 'at-most-once'")],
    fault: 'F30 limit',
  },
  {
    id: 'M19',
    name: 'a shutdown acknowledges unfinished work',
    patches: [
      consumer(
        `if (stopping.aborted || paused.aborted) await batcher.settleRest();
    channel.nackAll(true);`,
        'if (stopping.aborted) channel.ackAll();\n    else channel.nackAll(true);',
      ),
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
