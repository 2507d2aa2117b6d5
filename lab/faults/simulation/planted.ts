import { patchesOf, type Patch } from '../planted/planted-bug.ts';
import type { Swarm } from './world/swarm.ts';

const messaging = (file: string) => patchesOf(`libs/messaging/src/${file}`);

const publisher = messaging('publisher/publisher.ts');
const confirmChannel = messaging('publisher/confirm-channel.ts');
const inOrder = messaging('relay/publish-in-order.ts');
const relayBatch = messaging('relay/relay-batch.ts');
const lowWaterMarks = messaging('relay/low-water-marks.ts');
const consumer = messaging('consumer/consumer.ts');
const batcher = messaging('consumer/batcher.ts');
const handleBatch = messaging('consumer/handle-batch.ts');
const settle = messaging('consumer/settle-batch.ts');
const retries = messaging('consumer/retries.ts');
const classifyFailure = messaging('consumer/classify-failure.ts');
const drain = messaging('dead-letters/drain.ts');
const session = patchesOf('services/sessions/src/domain/session.ts');
const write = patchesOf('libs/service-kit/src/database/write.ts');

const inbox = 'await inbox.enter(tx, queue.name, sorted)';

/** Bugs that the simulation must find, as changes of the code under test. */
export const planted: Readonly<Record<string, readonly Patch[]>> = {
  'marked before the confirm': [confirmChannel('// fault point (sync): relay.published', "entry.settle('confirmed');")],
  'marked whatever the broker said': [relayBatch('moveToPublished(tx, moving)', 'moveToPublished(tx, rows)')],
  'marks rise while others write': [lowWaterMarks('!now.writers.includes(writer)', 'writer !== null')],
  'no mandatory': [confirmChannel('persistent: true, mandatory: true', 'persistent: true, mandatory: false')],
  'returns ignored': [confirmChannel('returned.isReturned = true;', 'void returned;')],
  'confirm timeout taken as success': [
    publisher("of unconfirmed) settle('failed')", "of unconfirmed) settle('confirmed')"),
  ],
  'events of one aggregate side by side': [inOrder('(row) => row.aggregate_id', '(row) => row.envelope')],
  'goes on behind a failure': [inOrder('if (!isAccepted(result)) return;', '')],
  'ack before commit': [
    batcher(
      'const batch = arrived.splice(0, countWithin(arrived, batchSize));',
      'const batch = arrived.splice(0, countWithin(arrived, batchSize)); acknowledge(batch.map(({ delivery }) => delivery));',
    ),
    batcher('acknowledge(batch.map(({ delivery }) => delivery).filter((delivery) => !later.has(delivery)));', ''),
  ],
  'null delivery ignored': [consumer('isQueueGone = true;\n      batcher.end();', '')],
  'no inbox': [handleBatch(inbox, '{ fresh: sorted, duplicates: [], mismatches: [] }')],
  'inbox in another transaction': [
    handleBatch(inbox, 'await inbox.transaction((other) => inbox.enter(other, queue.name, sorted))'),
  ],
  'dedupe in memory': [
    handleBatch(
      inbox,
      '{ fresh: sorted.filter(({ id }) => !(database as any).seen?.has(id)), duplicates: [], mismatches: [] }',
    ),
    handleBatch(
      '// fault point: consumer.handled',
      'for (const { id } of fresh) ((database as any).seen ??= new Set()).add(id);',
    ),
  ],
  'shutdown acks unfinished work': [consumer('channel.nackAll(true)', 'channel.ackAll()')],
  'tries forever': [retries('attempts > RETRY_AFTER_MS.length', 'attempts > Infinity')],
  'unknown version acked away': [
    settle('poison.map((one) =>', "poison.filter(({ reason }) => reason !== 'unknown-version').map((one) =>"),
  ],
  'messages blamed for the database': [
    classifyFailure("if (fault === 'handler') return 'message';", "if (fault) return 'message';"),
  ],
  'dead queue acked unseen': [drain('await untilDone(handleOnce(id, delivery));', '')],
  'mentee may complete': [session("by: ['mentor'], neverBy: 'mentee'", "by: ['mentor', 'mentee']")],
  'lost answer taken as no': [write('await lookUp(pool, session, write.readBack)', '[] as Row[]')],
};

/** Events accumulate before a relay, and some that it publishes are refused. */
const backlog: Partial<Swarm> = {
  rates: [['process killed', 3]],
  publish: [['nacked', 0.3]],
  relays: { bookings: 1, sessions: 1 },
  lateStarts: 1,
  batchSize: 100,
  bookings: 4,
};

/** Settings under which the rarer bugs show soon; otherwise they take some hundred histories. */
export const likelyUnder: Readonly<Record<string, Partial<Swarm>>> = {
  // two aggregates rarely share one of sixteen lanes
  'marks rise while others write': { bookings: 160, rates: [], publish: [], deafness: 0 },
  'events of one aggregate side by side': backlog,
  'goes on behind a failure': backlog,
  // all tries of a message take 6.1 s
  'messages blamed for the database': { statement: [['timeout', 0.5]], bookings: 4, faultsEndAt: 9_000 },
  'dead queue acked unseen': {
    rates: [
      ['store away', 1],
      ['store connection cut', 3],
    ],
    deliveryLimit: 1,
    bookings: 4,
  },
  'lost answer taken as no': { statement: [['done, answer lost', 0.1]] },
  'unknown version acked away': { rates: [['hostile message', 3]] },
  'tries forever': { handlerFailures: 0.5 },
};
