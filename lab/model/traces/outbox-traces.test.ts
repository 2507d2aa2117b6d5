import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { tracesOf } from './outbox-traces.ts';
import type { SeenLine } from './seen.ts';
import { describeStep } from './steps.ts';
import { createVerifier } from './verify.ts';

let verifier: Awaited<ReturnType<typeof createVerifier>>;
beforeAll(async () => {
  verifier = await createVerifier('relays');
}, 120_000);
afterAll(() => verifier.close());

const rowAt = (position: number) => ({
  place: `0/${position}`,
  position: String(position),
  messageId: `message ${position}`,
  aggregateId: 'a',
  type: 'booking.accepted',
});
const [first, second] = [rowAt(7), rowAt(9)];

/** Steps of one process, and its transaction and publications by their numbers. */
const by = (process: string) => ({
  claims: (tx: number, ...rows: (typeof first)[]): SeenLine => ({ kind: 'claimed', process, tx, rows, isAll: true }),
  sends: (publication: number, tx: number, { messageId }: typeof first, mandatory = true): SeenLine => ({
    kind: 'sent',
    process,
    publication,
    tx,
    messageId,
    mandatory,
  }),
  hears: (kind: 'confirmed' | 'nacked' | 'returned', publication: number): SeenLine => ({ kind, process, publication }),
  commits: (tx: number, ...moved: (typeof first)[]): SeenLine => ({
    kind: 'committing',
    process,
    tx,
    moved: moved.map(({ place }) => place),
    parked: [],
    hasEffect: false,
  }),
  ends: (kind: 'committed' | 'ended', tx: number): SeenLine => ({ kind, process, tx }),
  dies: (): SeenLine => ({ kind: 'died', process }),
});
const [one, other] = [by('one'), by('other')];

const stepOf = async (...seen: SeenLine[]): Promise<string> => {
  const { traces } = tracesOf({ seen, outcomeOf: () => 'published', mustReachAQueue: () => true });
  const steps = traces.map((trace) => trace.steps);
  const [refusal] = (await verifier.verify(steps)).refusals;
  return refusal ? describeStep(refusal.trace, refusal.at) : 'accepted';
};

const publish = [one.claims(1, first), one.sends(1, 1, first), one.hears('confirmed', 1), one.commits(1, first)];
const died = [...publish, one.dies()];

test.each<[string, SeenLine[], string]>([
  ['a row is published and moved', [...publish, one.ends('committed', 1)], 'accepted'],
  ['the answer to COMMIT is lost, and it was committed', [...publish, one.ends('ended', 1)], 'accepted'],
  [
    'the answer to COMMIT is lost, it was rolled back, and the relay remembers what it published',
    [...publish, one.ends('ended', 1), one.claims(2, first), one.commits(2, first), one.ends('committed', 2)],
    'accepted',
  ],
  [
    'another relay moves what it has not published',
    [...publish, one.ends('ended', 1), other.claims(2, first), other.commits(2, first), other.ends('committed', 2)],
    'relay 2: moved #0, parked none',
  ],
  [
    'a relay that was killed remembers nothing',
    [...died, one.claims(2, first), one.commits(2, first), one.ends('committed', 2)],
    'relay 0: moved #0, parked none',
  ],
  [
    'two relays have claimed one row: the second has lost its transaction',
    [one.claims(1, first), other.claims(2, first), ...publish.slice(1), one.ends('committed', 1)],
    'accepted',
  ],
  [
    'two relays have claimed one row, and both commit',
    [
      one.claims(1, first),
      other.claims(2, first),
      ...publish.slice(1),
      one.ends('committed', 1),
      other.sends(2, 2, first),
      other.hears('confirmed', 2),
      other.commits(2, first),
      other.ends('committed', 2),
    ],
    'relay 2: claimed #0',
  ],
  [
    'a loop remembers a row while another of its process waits for the confirm of it',
    [
      one.claims(1, first),
      one.sends(1, 1, first),
      one.claims(2, first),
      one.sends(2, 2, first),
      one.hears('confirmed', 1),
      one.ends('ended', 1),
      one.hears('confirmed', 2),
      one.commits(2, first),
      one.ends('committed', 2),
    ],
    'accepted',
  ],
  [
    'a row is moved before its confirm',
    [one.claims(1, first), one.sends(1, 1, first), one.commits(1, first)],
    'relay 0: moved #0, parked none',
  ],
  [
    'a row is moved although it was returned',
    [one.claims(1, first), one.sends(1, 1, first), one.hears('returned', 1), ...publish.slice(2)],
    'relay 0: moved #0, parked none',
  ],
  [
    'a row is returned, sent again on another channel, and confirmed there',
    [...publish.slice(0, 2), one.hears('returned', 1), ...publish.slice(1), one.ends('committed', 1)],
    'accepted',
  ],
  [
    'an event is sent before the one before it is confirmed',
    [one.claims(1, first, second), one.sends(1, 1, first), one.sends(2, 1, second)],
    'relay 0: sent #1',
  ],
  ['a claim leaves out the first row', [one.claims(1, second), one.claims(2, first)], 'relay 0: claimed #1'],
  [
    'published without mandatory',
    [one.claims(1, first), one.sends(1, 1, first, false)],
    'relay 0: sent without mandatory #0',
  ],
])('%s', async (_, seen, expected) => expect(await stepOf(...seen)).toBe(expected));
