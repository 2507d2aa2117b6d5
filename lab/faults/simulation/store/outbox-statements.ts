import { serverError } from './errors.ts';
import type { OutboxRow, Store } from './store.ts';
import { seenBy, type Row } from './table.ts';
import type { Steps, Tx } from './transaction.ts';

export type Execute = (store: Store, tx: Tx, values: readonly unknown[]) => Steps<object[]>;

const LANES = 16;
/** Of the only server and its only outbox. */
const LIFE = 'simulated';

export function* insertOutboxRow(store: Store, tx: Tx, columns: readonly unknown[]): Steps<void> {
  const [message_id, aggregate_id, sequence, type, lane, envelope] = columns as [
    string,
    string,
    number,
    string,
    number,
    string,
  ];
  writes(store, tx);
  const row = {
    position: store.nextPosition(),
    message_id,
    aggregate_id,
    sequence,
    type,
    lane,
    envelope,
    attempts: 0,
    parked: false,
    retryAt: null,
  };
  if (!(yield* store.outbox.insert(tx, [keyOf(row), `message ${message_id}`], row)))
    throw serverError('23505', 'duplicate message', { constraint: 'outbox_message_once' });
  tx.ends.push((committed) => committed && store.everEnqueued.set(message_id, row));
}

const writes = (store: Store, tx: Tx): void => {
  store.outboxWriters.add(tx);
  tx.ends.push(() => store.outboxWriters.delete(tx));
};

let named = 0;
const names = new WeakMap<Tx, string>();
const nameOf = (tx: Tx): string => {
  const name = names.get(tx) ?? `writer ${(named += 1)}`;
  names.set(tx, name);
  return name;
};

const keyOf = ({ lane, position }: { lane: number; position: number | string }): string => `${lane}/${position}`;

function* enqueue(store: Store, tx: Tx, values: readonly unknown[]): Steps<object[]> {
  const envelopes = (JSON.parse(values[5] as string) as unknown[]).map((envelope) => JSON.stringify(envelope));
  const columns = [...(values.slice(0, 5) as unknown[][]), envelopes];
  for (const at of (columns[0] ?? []).keys())
    yield* insertOutboxRow(
      store,
      tx,
      columns.map((column) => column[at]),
    );
  return [];
}

// eslint-disable-next-line require-yield -- reading never waits
function* find(store: Store, tx: Tx, [ids, subjects]: readonly unknown[]): Steps<object[]> {
  const rows = [...store.outbox.rows(), ...store.published.rows()].flatMap((row) => seenBy(tx, row) ?? []);
  const [messages, aggregates] = [ids as string[], subjects as string[]];
  return rows.filter((row) => messages.includes(row.message_id) && aggregates.includes(row.aggregate_id));
}

const tryLane = (store: Store, tx: Tx, lane: number): boolean => {
  const holder = store.laneLocks.get(lane);
  if (holder && holder !== tx) return false;
  if (holder === tx) return true;
  store.laneLocks.set(lane, tx);
  tx.ends.push(() => store.laneLocks.delete(lane));
  return true;
};

const waiting = (store: Store, tx: Tx): OutboxRow[] =>
  [...store.outbox.rows()].flatMap((row) => seenBy(tx, row) ?? []).sort((a, b) => a.position - b.position);

/** Parked rows that are due are retried; locked ones are skipped. */
const retry = (store: Store, tx: Tx): void => {
  for (const row of store.outbox.rows()) {
    const seen = seenBy(tx, row);
    if (!seen?.parked || seen.retryAt === null || seen.retryAt > store.time().getTime()) continue;
    if (row.changedBy === null || row.changedBy === tx)
      store.outbox.change(tx, row, { ...seen, parked: false, retryAt: null });
  }
};

// eslint-disable-next-line require-yield -- it never waits: lanes that are locked are passed over
function* claim(store: Store, tx: Tx, values: readonly unknown[]): Steps<object[]> {
  const [batchSize, marks, life, maxBytes, , retries] = values;
  if (Number(retries) > 0) retry(store, tx);
  const markOf = (lane: number): number => (life === LIFE ? Number((marks as string[])[lane]) : 0);
  const rows = waiting(store, tx);
  const held = new Set<string>();
  const free = rows.filter((row) => {
    if (row.parked) held.add(row.aggregate_id);
    return !row.parked && !held.has(row.aggregate_id) && row.position >= markOf(row.lane);
  });
  const taken: OutboxRow[] = [];
  const occupied = new Set(
    rows.filter(({ parked, lane, position }) => !parked && position >= markOf(lane)).map(({ lane }) => lane),
  );
  for (const lane of store.random.shuffle([...occupied].slice(0, LANES))) {
    if (taken.length >= Number(batchSize)) break;
    if (tryLane(store, tx, lane)) taken.push(...free.filter((row) => row.lane === lane));
  }
  let bytes = 0;
  return taken
    .slice(0, Number(batchSize))
    .map(({ parked: _, sequence: __, retryAt: ___, ...row }) => ({
      ...row,
      position: String(row.position),
      awaits_standby: false,
      bytes: Buffer.byteLength(row.envelope),
    }))
    .filter((row, n) => (bytes += row.bytes) <= Number(maxBytes) || n === 0);
}

// eslint-disable-next-line require-yield -- reading never waits
function* horizon(store: Store): Steps<object[]> {
  return [{ life: LIFE, upto: String(store.lastPosition()), writers: [...store.outboxWriters].map(nameOf) }];
}

// eslint-disable-next-line require-yield -- reading never waits
function* newMarks(store: Store, tx: Tx, [marks, upto, fromTheStart]: readonly unknown[]): Steps<object[]> {
  const rows = waiting(store, tx);
  const raised = (marks as string[]).map(Number).map((mark, lane) => {
    const first = (isWanted: (position: number) => boolean) =>
      rows.find((row) => row.lane === lane && isWanted(row.position))?.position;
    if (fromTheStart) return first((position) => position < mark) ?? mark;
    if (mark > Number(upto)) return mark;
    return first((position) => position >= mark && position <= Number(upto)) ?? Number(upto) + 1;
  });
  return [{ marks: raised.map(String) }];
}

const rowsAt = (store: Store, [lanes, positions]: readonly unknown[]): Row<OutboxRow>[] =>
  (lanes as number[]).flatMap(
    (lane, at) => store.outbox.get(keyOf({ lane, position: (positions as string[])[at] ?? '' })) ?? [],
  );

function* move(store: Store, tx: Tx, values: readonly unknown[]): Steps<object[]> {
  for (const row of rowsAt(store, values)) {
    const found = yield* store.outbox.lock(tx, row);
    if (!found) continue;
    store.outbox.change(tx, row, null);
    yield* store.published.insert(tx, [keyOf(found)], found);
  }
  return [];
}

function* tryMove(store: Store, tx: Tx, [lane, position]: readonly unknown[]): Steps<object[]> {
  for (const row of rowsAt(store, [[lane], [position]])) yield* store.outbox.lock(tx, row);
  return [];
}

function* park(store: Store, tx: Tx, values: readonly unknown[]): Steps<object[]> {
  for (const [n, row] of rowsAt(store, values).entries()) {
    const found = yield* store.outbox.lock(tx, row);
    if (!found) continue;
    const retryAt = (values[3] as boolean[])[n]
      ? store.time().getTime() + 1_000 * Math.min(60, 2 * 3 ** Math.min(found.attempts, 10))
      : null;
    store.outbox.change(tx, row, { ...found, attempts: found.attempts + 1, parked: true, retryAt });
  }
  return [];
}

export const outboxStatements: Readonly<Record<string, Execute>> = {
  'outbox-enqueue': enqueue,
  'outbox-find': find,
  'outbox-claim': claim,
  'outbox-horizon': horizon,
  'outbox-low-water-marks': newMarks,
  'outbox-move': move,
  'outbox-try-move': tryMove,
  'outbox-park': park,
};
