import { AsyncLocalStorage } from 'node:async_hooks';
import type { ClaimedRow, Parked, Place, See } from './seen.ts';

type Config = { readonly name?: string; readonly text?: string; readonly values?: readonly unknown[] };
type Answer = { readonly command?: string; readonly rows?: readonly object[] };
type Query = (config: Config | string, ...more: unknown[]) => unknown;
/** The part of pg's client that is watched. */
export type WatchedClient = { query: Query; release?: (broken?: boolean) => void };

const watched = new WeakSet<object>();

type Tx = {
  readonly id: number;
  moved: readonly Place[];
  parked: readonly Parked[];
  /** It sent a statement that is not of the messaging library: an effect. */
  hasEffect: boolean;
  /** It has claimed rows, or entered messages into an inbox. */
  isSeen: boolean;
};

let transactions = 0;
/** The current or last transaction of the running code. */
export const inTx = new AsyncLocalStorage<number>();

const ofLibrary = /^(inbox-|outbox-|dead-letter|replication-)/;

const places = ([lanes, positions]: readonly unknown[]): Place[] =>
  (lanes as number[]).map((lane, n) => `${lane}/${(positions as string[])[n]}`);

type Row = { lane: number; position: string; message_id: string; aggregate_id: string; type: string; bytes: number };
const claimedRow = ({ lane, position, message_id, aggregate_id, type }: Row): ClaimedRow => ({
  place: `${lane}/${position}`,
  position,
  messageId: message_id,
  aggregateId: aggregate_id,
  type,
});

/** Whether a claim returned all rows, within its limits of rows and bytes. */
const isAll = (rows: readonly Row[], [limit, , , bytes]: readonly unknown[]): boolean =>
  rows.length < Number(limit) && rows.reduce((sum, row) => sum + row.bytes, 0) < Number(bytes) / 2;

const parkedRows = (values: readonly unknown[]): Parked[] =>
  places(values).map((place, n) => {
    const reason = (values[2] as string[])[n] ?? '';
    return { place, isRefused: !/^(nacked|sent, but not confirmed)/.test(reason) };
  });

const idsIn = (rows: readonly object[]): string[] => (rows as { message_id: string }[]).map((row) => row.message_id);

/** Transactions of relays and consumers, recognised by the names of their statements; others are ignored. */
export const watchClient = (client: WatchedClient, see: See): void => {
  let tx: Tx | null = null;
  const end = (kind: 'committed' | 'ended'): void => {
    if (tx?.isSeen) see({ kind, tx: tx.id });
    tx = null;
  };
  const onSent = (text: string, name: string, values: readonly unknown[]): void => {
    if (text.startsWith('begin')) {
      tx = { id: ++transactions, moved: [], parked: [], hasEffect: false, isSeen: false };
      inTx.enterWith(tx.id);
      watchRelease();
    } else if (text === 'rollback') end('ended');
    else if (tx && name === 'outbox-move') tx.moved = places(values);
    else if (tx && name === 'outbox-park') tx.parked = parkedRows(values);
    else if (tx?.isSeen && text === 'commit') {
      const { id, moved, parked, hasEffect } = tx;
      see({ kind: 'committing', tx: id, moved, parked, hasEffect });
    } else if (tx && !ofLibrary.test(name)) tx.hasEffect = true;
  };
  const onAnswered = (text: string, name: string, values: readonly unknown[], answer: Answer): void => {
    const { command, rows = [] } = answer;
    if (text === 'commit') end(command === 'COMMIT' ? 'committed' : 'ended');
    if (name === 'dead-letter-store') see({ kind: 'kept', messageId: String(values[1]), queue: String(values[4]) });
    if (!tx) return;
    if (name === 'outbox-claim' && rows.length > 0) {
      tx.isSeen = true;
      see({ kind: 'claimed', tx: tx.id, rows: (rows as Row[]).map(claimedRow), isAll: isAll(rows as Row[], values) });
    }
    if (name !== 'inbox-enter') return;
    tx.isSeen = true;
    const fresh = idsIn(rows);
    const found = (values[0] as string[]).filter((id) => !fresh.includes(id));
    see({ kind: 'entered', tx: tx.id, queue: String(values[1]), fresh, found });
  };
  /** Called for each transaction: the pool replaces `release` whenever it hands out a client. */
  const watchRelease = (): void => {
    const { release } = client;
    if (!release || watched.has(release)) return;
    const watching = (broken?: boolean): void => {
      end('ended');
      release.call(client, broken);
    };
    watched.add(watching);
    client.release = watching;
  };
  const { query } = client;
  client.query = (config, ...more) => {
    const { text = '', name = '', values = [] } = typeof config === 'string' ? { text: config } : config;
    onSent(text, name, values);
    const asked = query.call(client, config, ...more);
    if (asked instanceof Promise)
      asked.then(
        (answer: Answer) => onAnswered(text, name, values, answer),
        () => text === 'commit' && end('ended'),
      );
    return asked;
  };
};
