import type { OutboxRow, Store } from '../store/store.ts';
import type { World } from '../world/world.ts';
import { violation, type Violation } from './violations.ts';

const rowsOf = ({ everEnqueued }: Store): OutboxRow[] => [...everEnqueued.values()];

/** Every committed event was published, and reached a queue if it must. */
const nothingLost = ({ bookings, sessions, wire }: World): Violation[] => {
  const copies = Map.groupBy(wire, ({ messageId }) => messageId);
  const of = (row: OutboxRow) => copies.get(row.message_id) ?? [];
  const unpublished = [...rowsOf(bookings), ...rowsOf(sessions)].filter((row) => of(row).length === 0);
  const unrouted = rowsOf(bookings).filter((row) => of(row).length > 0 && !of(row).some(({ queues }) => queues > 0));
  return [
    ...unpublished.map(({ message_id, type }) =>
      violation('a committed event is published at least once', { message_id, type }),
    ),
    ...unrouted.map(({ message_id, type }) =>
      violation('an event that must reach a queue reached one', { message_id, type }),
    ),
  ];
};

/** Each committed row is once in outbox or outbox_published. */
const nothingForgotten = (world: World): Violation[] =>
  [world.bookings, world.sessions].flatMap((store) => {
    const kept = new Set([...store.published.committed(), ...store.outbox.committed()].map((row) => row.message_id));
    return rowsOf(store)
      .filter((row) => !kept.has(row.message_id))
      .map(({ message_id, type }) => violation('a published row is kept', { message_id, type }));
  });

const nothingInvented = ({ wire, hostile }: World): Violation[] => {
  const foreign = new Set(hostile.map(({ messageId }) => messageId));
  const ours = wire.filter(({ messageId }) => !foreign.has(messageId));
  return [
    ...ours
      .filter(({ committed }) => !committed)
      .map(({ messageId }) => violation('what is published was committed before', { messageId })),
    ...ours
      .filter(({ committed, intact }) => committed && !intact)
      .map(({ messageId }) => violation('what is published is what was committed', { messageId })),
  ];
};

/** First copies of one aggregate's events, in the order of arrival. */
const inOrder = ({ sessions, wire }: World): Violation[] => {
  const last = new Map<string, OutboxRow>();
  const seen = new Set<string>();
  return wire.flatMap(({ messageId }) => {
    const row = sessions.everEnqueued.get(messageId);
    if (!row || seen.has(messageId)) return [];
    seen.add(messageId);
    const before = last.get(row.aggregate_id);
    last.set(row.aggregate_id, row);
    if (!before || before.sequence < row.sequence) return [];
    return [
      violation('first copies of an aggregate are in order', {
        aggregate: row.aggregate_id,
        first: before.sequence,
        then: row.sequence,
      }),
    ];
  });
};

export const checkWire = (world: World): Violation[] => [
  ...nothingLost(world),
  ...nothingForgotten(world),
  ...nothingInvented(world),
  ...inOrder(world),
];
