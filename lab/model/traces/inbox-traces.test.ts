import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { tracesOfQueue, type InboxOutcome } from './inbox-traces.ts';
import type { SeenLine } from './seen.ts';
import { describeStep } from './steps.ts';
import { createVerifier } from './verify.ts';

let verifier: Awaited<ReturnType<typeof createVerifier>>;
beforeAll(async () => {
  verifier = await createVerifier('consumers');
}, 120_000);
afterAll(() => verifier.close());

const queue = 'queue';
const messageId = 'message';

/** Steps of one process with one channel, and its transactions by their numbers. */
const by = (process: string) => {
  const channel = `channel of ${process}`;
  return {
    receives: (tag: number, redelivered = false, from = queue): SeenLine[] => [
      { kind: 'received', process, channel, tag, queue: from, messageId, redelivered },
    ],
    enters: (tx: number): SeenLine[] => [{ kind: 'entered', process, tx, queue, fresh: [messageId], found: [] }],
    finds: (tx: number): SeenLine[] => [{ kind: 'entered', process, tx, queue, fresh: [], found: [messageId] }],
    commits: (tx: number, hasEffect = true): SeenLine[] => [
      { kind: 'committing', process, tx, moved: [], parked: [], hasEffect },
    ],
    ends: (kind: 'committed' | 'ended', tx: number): SeenLine[] => [{ kind, process, tx }],
    keeps: (): SeenLine[] => [{ kind: 'kept', process, messageId, queue }],
    acks: (tag: number, isUpTo = false): SeenLine[] => [{ kind: 'acked', process, channel, tag, isUpTo }],
    requeues: (tag: number, isUpTo: boolean): SeenLine[] => [{ kind: 'requeued', process, channel, tag, isUpTo }],
    loses: (): SeenLine[] => [{ kind: 'lost', process, channel }],
    dies: (): SeenLine[] => [{ kind: 'died', process }],
  };
};
const [one, other] = [by('one'), by('other')];

const stepOf = async (seen: readonly SeenLine[], outcome: InboxOutcome): Promise<string> => {
  const { traces, leftOut } = tracesOfQueue({ seen, queue, outcomeOf: () => outcome });
  if (leftOut > 0) return 'left out';
  const [refusal] = (await verifier.verify(traces.map(({ steps }) => steps))).refusals;
  return refusal ? describeStep(refusal.trace, refusal.at) : 'accepted';
};

const handles = (who: ReturnType<typeof by>, tx: number): SeenLine[] => [
  ...who.enters(tx),
  ...who.commits(tx),
  ...who.ends('committed', tx),
];
const findsIt = (who: ReturnType<typeof by>, tx: number): SeenLine[] => [
  ...who.finds(tx),
  ...who.commits(tx, false),
  ...who.ends('committed', tx),
];

test.each<[string, SeenLine[], string]>([
  ['is handled and acknowledged', [...one.receives(1), ...handles(one, 1), ...one.acks(1)], 'accepted'],
  ['is acknowledged with all before it', [...one.receives(1), ...handles(one, 1), ...one.acks(9, true)], 'accepted'],
  [
    'comes twice, to two consumers',
    [
      ...one.receives(1),
      ...other.receives(1),
      ...handles(one, 1),
      ...findsIt(other, 2),
      ...other.acks(1),
      ...one.acks(1),
    ],
    'accepted',
  ],
  [
    'is handled by a consumer that dies before the answer to COMMIT',
    [
      ...one.receives(1),
      ...one.enters(1),
      ...one.commits(1),
      ...other.receives(1, true),
      ...findsIt(other, 2),
      ...other.acks(1),
      ...one.dies(),
    ],
    'accepted',
  ],
  [
    'is rolled back with its consumer’s death, which is seen after another has handled it',
    [
      ...one.receives(1),
      ...one.enters(1),
      ...other.receives(1, true),
      ...handles(other, 2),
      ...other.acks(1),
      ...one.dies(),
    ],
    'accepted',
  ],
  [
    'is delivered again while the first consumer’s transaction goes on',
    [
      ...one.receives(1),
      ...one.enters(1),
      ...one.loses(),
      ...one.receives(2, true),
      ...one.commits(1),
      ...one.ends('committed', 1),
      ...findsIt(one, 2),
      ...one.acks(2),
    ],
    'accepted',
  ],
  [
    'is tried again after a failure',
    [...one.receives(1), ...one.enters(1), ...one.ends('ended', 1), ...handles(one, 2), ...one.acks(1)],
    'accepted',
  ],
  [
    'goes back with everything in flight',
    [...one.receives(1), ...one.requeues(9, true), ...one.receives(2, true), ...handles(one, 1), ...one.acks(2)],
    'accepted',
  ],
  [
    'goes back alone',
    [...one.receives(1), ...one.requeues(1, false), ...one.receives(2, true)],
    'consumer 0: requeued alone',
  ],
  [
    'is acknowledged before the commit',
    [...one.receives(1), ...one.enters(1), ...one.acks(1), ...one.commits(1), ...one.ends('committed', 1)],
    'consumer 0: acknowledged #0',
  ],
  ['is acknowledged without a transaction', [...one.receives(1), ...one.acks(1)], 'consumer 0: acknowledged #0'],
  [
    'is acknowledged although its transaction was rolled back',
    [...one.receives(1), ...one.enters(1), ...one.ends('ended', 1), ...one.acks(1)],
    'consumer 0: acknowledged #0',
  ],
  [
    'is acknowledged by a later one of another batch',
    [...one.receives(1), ...one.receives(2), ...one.acks(2, true)],
    'consumer 0: acknowledged #0 #1',
  ],
  [
    'is entered in a transaction without its effect',
    [...one.receives(1), ...one.enters(1), ...one.commits(1, false), ...one.ends('committed', 1)],
    'consumer 0: committing',
  ],
  [
    'is new to two consumers',
    [...one.receives(1), ...other.receives(1), ...handles(one, 1), ...other.enters(2), ...other.commits(2)],
    'consumer 1: entered',
  ],
  ['is taken for a duplicate', [...one.receives(1), ...one.finds(1)], 'consumer 0: found'],
  ['was handled by the drain', [...one.receives(1), ...one.receives(1, false, 'dead'), ...one.keeps()], 'left out'],
  ['is handled without being received', [...one.receives(1), ...handles(other, 1)], 'left out'],
])('a message %s', async (_, seen, expected) => expect(await stepOf(seen, 'handled')).toBe(expected));

test.each<[string, SeenLine[], InboxOutcome, string]>([
  ['is dead-lettered', [...one.receives(1), ...one.keeps(), ...one.acks(1)], 'dead letter', 'accepted'],
  [
    'is dead-lettered after tries',
    [...one.receives(1), ...one.enters(1), ...one.ends('ended', 1), ...one.keeps(), ...one.acks(1)],
    'dead letter',
    'accepted',
  ],
  ['is acknowledged, and no dead letter', [...one.receives(1), ...one.acks(1)], 'none', 'consumer 0: acknowledged #0'],
  ['is neither handled nor dead-lettered', one.receives(1), 'none', 'consumer 0: over'],
  ['is deleted with its queue', [...one.receives(1), ...one.loses()], 'none', 'left out'],
])('a bad message %s', async (_, seen, outcome, expected) => expect(await stepOf(seen, outcome)).toBe(expected));
