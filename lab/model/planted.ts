import type { Configuration } from './configurations.ts';

/** A bug that the model can have: a #define in it, and the property that must refuse it. */
export type ModelBug = Omit<Configuration, 'isSmall'> & {
  /** The same bug in lab/faults/planted (M…) or lab/faults/simulation (its name); none: of the model alone. */
  readonly as: readonly string[];
  readonly property: string;
};

const outbox = (parameters: string) => ({
  model: 'outbox-and-relay' as const,
  parameters: `LANES=1 RELAYS=1 ${parameters}`,
});
const oneAggregate = (parameters: string) => outbox(`AGGREGATES=1 EVENTS=2 COPY=0 FAULTS=1 ${parameters}`);
const twoAggregates = (parameters: string) => outbox(`AGGREGATES=2 EVENTS=1 COPY=0 FAULTS=1 ${parameters}`);
const consumer = (parameters: string) => ({ model: 'consumer-and-inbox' as const, parameters });
const twoMessages = (parameters: string) => consumer(`MESSAGES=2 COPIES=1 CONSUMERS=1 FAULTS=1 LIMIT=2 ${parameters}`);
const aMessageTwice = (parameters: string) =>
  consumer(`MESSAGES=1 COPIES=2 CONSUMERS=1 FAULTS=1 LIMIT=1 ${parameters}`);
const writes = (parameters: string) => ({
  model: 'gathered-writes' as const,
  parameters: `STATEMENTS=2 FAULTS=1 ${parameters}`,
});

export const modelBugs: readonly ModelBug[] = [
  {
    name: 'event written after its change is committed',
    as: ['M1', 'M14'],
    ...oneAggregate('BUG_EVENT_AFTER_COMMIT'),
    property: 'served',
  },
  {
    name: 'marked as published before the confirm',
    as: ['M2', 'marked before the confirm'],
    ...oneAggregate('BUG_MARKED_BEFORE_CONFIRM'),
    property: 'kept',
  },
  {
    name: 'published without mandatory, or returns ignored',
    as: ['M3', 'M4', 'no mandatory', 'returns ignored'],
    ...oneAggregate('UNBOUND BUG_RETURNS_IGNORED'),
    property: 'kept',
  },
  { name: 'outbox read by a cursor', as: ['M5'], ...twoAggregates('BUG_CURSOR'), property: 'mark' },
  {
    name: 'missing confirm counted as success',
    as: ['M15', 'confirm timeout taken as success'],
    ...oneAggregate('BUG_NO_CONFIRM_IS_SUCCESS'),
    property: 'kept',
  },
  {
    name: 'refused message fails all in flight',
    as: ['M22'],
    ...twoAggregates('REFUSALS BUG_REFUSAL_FAILS_ALL'),
    property: 'alone',
  },
  {
    name: 'marks pass positions that recovery assigns again',
    as: ['M28'],
    ...oneAggregate('MARKS BUG_HORIZON_NOT_FLUSHED'),
    property: 'mark',
  },
  {
    name: 'marks rise while others write',
    as: ['marks rise while others write'],
    ...twoAggregates('MARKS BUG_MARKS_RISE_WHILE_OTHERS_WRITE'),
    property: 'mark',
  },
  {
    name: 'marks rise past parked rows',
    as: [],
    ...oneAggregate('REFUSALS MARKS BUG_MARKS_RISE_OVER_PARKED'),
    property: 'mark',
  },
  {
    name: "moved regardless of the broker's response",
    as: ['marked whatever the broker said'],
    ...oneAggregate('BUG_MOVES_WHATEVER_THE_BROKER_SAID'),
    property: 'kept',
  },
  {
    name: 'events of one aggregate in parallel',
    as: ['events of one aggregate side by side'],
    ...oneAggregate('BUG_SIDE_BY_SIDE'),
    property: 'order',
  },
  {
    name: 'publishing continues after a failure',
    as: ['goes on behind a failure'],
    ...oneAggregate('BUG_GOES_ON_BEHIND_A_FAILURE'),
    property: 'order',
  },
  {
    name: 'published before the standby has it',
    as: [],
    ...oneAggregate('SYNC BUG_NO_BARRIER'),
    property: 'durable',
  },
  {
    name: 'relay trusts another server than it read from',
    as: [],
    ...outbox('AGGREGATES=1 EVENTS=2 COPY=0 FAULTS=2 SYNC BUG_BARRIER_ELSEWHERE'),
    property: 'durable',
  },
  {
    name: 'published rows remembered by message id, so a copy is not published',
    as: [],
    ...outbox('AGGREGATES=1 EVENTS=1 COPY=1 FAULTS=1 BUG_REMEMBERS_MESSAGES'),
    property: 'kept',
  },
  {
    name: 'parked rows retried without pause',
    as: [],
    model: 'outbox-and-relay',
    parameters:
      'AGGREGATES=2 EVENTS=1 COPY=0 LANES=2 RELAYS=1 FAULTS=1 REFUSALS FOREVER FAIR BUG_RETRIES_WITHOUT_A_PAUSE',
    property: 'progress',
  },
  {
    name: 'acknowledged before the commit',
    as: ['M6', 'ack before commit'],
    ...twoMessages('BUG_ACKNOWLEDGED_BEFORE_COMMIT'),
    property: 'kept',
  },
  {
    name: 'no inbox',
    as: ['M7', 'no inbox'],
    ...aMessageTwice('BUG_NO_INBOX BUG_EFFECT_FORGETS'),
    property: 'once',
  },
  {
    name: 'inbox written in its own transaction',
    as: ['M8', 'inbox in another transaction'],
    ...twoMessages('BUG_INBOX_IN_OWN_TRANSACTION'),
    property: 'kept',
  },
  {
    name: 'unhandleable messages requeued forever',
    as: ['M9'],
    ...twoMessages('POISON BUG_POISON_REQUEUED'),
    property: 'moves',
  },
  {
    name: 'unknown version acknowledged',
    as: ['M10', 'unknown version acked away'],
    ...twoMessages('POISON BUG_POISON_ACKNOWLEDGED'),
    property: 'kept',
  },
  {
    name: 'null delivery of a deleted queue ignored',
    as: ['M16', 'null delivery ignored'],
    ...twoMessages('DELETED BUG_NULL_DELIVERY_IGNORED'),
    property: 'served',
  },
  {
    name: 'duplicates recognised in memory',
    as: ['M17', 'dedupe in memory'],
    ...consumer('MESSAGES=1 COPIES=2 CONSUMERS=1 FAULTS=1 LIMIT=2 BUG_INBOX_IN_MEMORY BUG_EFFECT_FORGETS'),
    property: 'once',
  },
  {
    name: 'dead-lettering at most once',
    as: ['M18'],
    ...consumer('MESSAGES=1 COPIES=2 CONSUMERS=1 FAULTS=2 LIMIT=1 LIMITED BUG_DEAD_LETTERS_AT_MOST_ONCE'),
    property: 'served',
  },
  {
    name: 'shutdown acknowledges unfinished work',
    as: ['M19', 'shutdown acks unfinished work'],
    ...twoMessages('BUG_STOP_ACKNOWLEDGES'),
    property: 'kept',
  },
  {
    name: 'duplicates forgotten too early',
    as: ['M20'],
    ...aMessageTwice('FORGETS BUG_EFFECT_FORGETS'),
    property: 'once',
  },
  {
    name: 'database failure counts against the message',
    as: ['M26', 'messages blamed for the database'],
    ...twoMessages('REFUSING BUG_DATABASE_BLAMED_ON_MESSAGES'),
    property: 'blameless',
  },
  {
    name: 'drain acknowledges before it stores',
    as: ['dead queue acked unseen'],
    ...aMessageTwice('BUG_DRAIN_ACKNOWLEDGES_UNSEEN'),
    property: 'kept',
  },
  {
    name: 'duplicate acknowledged while a failover can undo the first',
    as: [],
    ...consumer('MESSAGES=1 COPIES=2 CONSUMERS=1 FAULTS=1 LIMIT=2 SYNC BUG_NO_BARRIER'),
    property: 'kept',
  },
  {
    name: 'read, check, write without a condition',
    as: ['M11'],
    ...writes('COMMANDS=2 BUG_NO_CONDITION'),
    property: 'once',
  },
  {
    name: 'commit interrupted while it waits for its standby, its data answered',
    as: ['M27'],
    ...writes('COMMANDS=2 SYNC BUG_TERMINATES_WAITING_BACKENDS'),
    property: 'answer',
  },
  {
    name: 'refused command fails its batch',
    as: ['M30'],
    ...writes('COMMANDS=3 REFUSED BUG_REFUSAL_FAILS_BATCH'),
    property: 'refused',
  },
  {
    name: 'response goes to another caller of the batch',
    as: ['M31'],
    ...writes('COMMANDS=4 BUG_ANSWER_TO_ANOTHER'),
    property: 'answer',
  },
  {
    name: 'batch with a lost response answered as not done',
    as: ['M32'],
    ...writes('COMMANDS=3 BUG_LOST_BATCH_NOT_DONE'),
    property: 'no',
  },
  {
    name: 'lost response looked up endlessly',
    as: [],
    ...writes('COMMANDS=2 FAIR BUG_ENDLESS_LOOK_UP'),
    property: 'progress',
  },
  {
    name: 'lost response taken for a no',
    as: ['lost answer taken as no'],
    ...writes('COMMANDS=2 BUG_LOST_ANSWER_IS_NO'),
    property: 'no',
  },
];

/** Planted bugs of lab/faults that no model can express, and why. */
export const outOfScope: Readonly<Record<string, string>> = {
  M12: 'no roles',
  M13: 'no owners',
  M21: 'no sizes',
  M23: 'no values',
  M24: 'no values',
  M25: 'no read-only server',
  M29: 'no reconciliation',
  M36: 'no reconciliation',
  M33: 'no timer',
  M34: 'no timer',
  M35: 'no timer',
};
