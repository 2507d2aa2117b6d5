import { consumers, schedulers } from '../pairs/consumers.ts';
import { keepers, poisoned } from '../pairs/dead-letters.ts';
import { marksAndLateCommit, relayAndLateCommit, relayAndStart, relays, relaysAndStart } from '../pairs/relays.ts';
import * as batches from './batches.ts';
import { both, oneOf, type KnownRace } from './known-race.ts';

const consuming: KnownRace[] = [
  { title: 'the same message', batches: batches.sameMessage, interleavings: 8 },
  { title: 'one booking under two messages', batches: batches.sameBooking, interleavings: 24 },
  { title: 'the same message id with other content', batches: batches.otherContent, interleavings: 8 },
  { title: 'two bookings with one session id', batches: batches.sameSession, interleavings: 24 },
  { title: 'overlapping batches in different order', batches: batches.overlapping, interleavings: 8 },
  { title: 'a copy from a batch that is rolled back for another', batches: batches.rolledBack, interleavings: 48 },
].map(({ title, interleavings, ...given }) => ({
  title: `consumer × consumer: ${title}`,
  scenario: consumers(given.batches),
  told: both,
  interleavings,
}));

const withoutInbox: KnownRace[] = [
  {
    title: 'schedule × schedule without the inbox: the same message',
    scenario: schedulers(batches.sameMessage),
    told: both,
    interleavings: 6,
  },
  {
    title: 'schedule × schedule without the inbox: one booking under two messages',
    scenario: schedulers(batches.sameBooking),
    told: oneOf('failed: <message 1>: session-already-exists', 'failed: <message 0>: session-already-exists'),
    interleavings: 6,
  },
];

const inLane = (lane: number, events: number) => ({ lane, events });

const relaying: KnownRace[] = [
  { title: 'one lane', scenario: relays([inLane(1, 2)], 100), interleavings: 30 },
  { title: 'two lanes', scenario: relays([inLane(1, 1), inLane(2, 1)], 100), interleavings: 30 },
  { title: 'two lanes, batches of one', scenario: relays([inLane(1, 1), inLane(2, 1)], 1), interleavings: 70 },
  { title: 'three events of one aggregate, batches of one', scenario: relays([inLane(1, 3)], 1), interleavings: 20 },
  {
    title: 'two aggregates of one lane, batches of one',
    scenario: relays([inLane(1, 1), inLane(1, 1)], 1),
    interleavings: 20,
  },
].map((race) => ({ ...race, title: `relay × relay: ${race.title}`, told: both }));

const relayingWhileWriting: KnownRace[] = [
  ...[1, 2].map((lane) => ({
    title: `relay × enqueue × enqueue: a late commit with a smaller position, ${lane === 1 ? 'same' : 'other'} lane`,
    scenario: relayAndLateCommit(lane),
    told: ['relay: ok, late: ok, other: ok'],
    interleavings: 43,
  })),
  {
    title: 'relay with marks × enqueue × enqueue: a late commit with a smaller position',
    scenario: marksAndLateCommit,
    told: ['relay: ok, late: ok, other: ok'],
    interleavings: 500,
  },
  { title: 'relay × start', scenario: relayAndStart, told: ['start: ok, relay: ok'], interleavings: 35 },
  { title: 'relay × relay × start', scenario: relaysAndStart, told: ['start: ok, a: ok, b: ok'], interleavings: 500 },
];

const keeping: KnownRace[] = [
  { title: 'dead letter × dead letter', scenario: keepers({ a: 4, b: 4 }), told: both, interleavings: 4 },
  {
    title: 'dead letter × dead letter × dead letter',
    scenario: keepers({ a: 1, b: 2, c: 3 }),
    told: ['a: ok, b: ok, c: ok'],
    interleavings: 20,
  },
  {
    title: 'dead letter × an operator who discards the one before',
    scenario: keepers({ a: 4 }, true),
    told: ['a: ok, operator: ok'],
    interleavings: 4,
  },
  { title: 'consumer × consumer: the same poison', scenario: poisoned, told: both, interleavings: 4 },
];

export const messagingRaces: readonly KnownRace[] = [
  ...consuming,
  ...withoutInbox,
  ...relaying,
  ...relayingWhileWriting,
  ...keeping,
];
