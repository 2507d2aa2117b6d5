import { AsyncLocalStorage } from 'node:async_hooks';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ClaimedRow, Parked, Place, Seen } from './seen.ts';

type See = (seen: Seen) => void;

/* ---- the database driver */

type Config = { readonly name?: string; readonly text?: string; readonly values?: readonly unknown[] };
type Answer = { readonly command?: string; readonly rows?: readonly object[] };
type Query = (config: Config | string, ...more: unknown[]) => unknown;
/** The part of pg's client that is watched. */
export type WatchedClient = { query: Query; release?: (broken?: boolean) => void };

const watched = new WeakSet<object>();

type Tx = { readonly id: number; moved: readonly Place[]; parked: readonly Parked[]; isRelays: boolean };

let transactions = 0;
let publications = 0;
/** The current or last transaction of the running code. */
const inTx = new AsyncLocalStorage<number>();

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

/** A relay's transactions, recognised by the names of their statements; others are ignored. */
export const watchClient = (client: WatchedClient, see: See): void => {
  let tx: Tx | null = null;
  const end = (kind: 'committed' | 'ended'): void => {
    if (tx?.isRelays) see({ kind, tx: tx.id });
    tx = null;
  };
  const onSent = (text: string, name: string, values: readonly unknown[]): void => {
    if (text.startsWith('begin')) {
      tx = { id: ++transactions, moved: [], parked: [], isRelays: false };
      inTx.enterWith(tx.id);
      watchRelease();
    } else if (text === 'rollback') end('ended');
    else if (tx && name === 'outbox-move') tx.moved = places(values);
    else if (tx && name === 'outbox-park') tx.parked = parkedRows(values);
    else if (tx?.isRelays && text === 'commit')
      see({ kind: 'committing', tx: tx.id, moved: tx.moved, parked: tx.parked });
  };
  const onAnswered = (text: string, name: string, values: readonly unknown[], answer: Answer): void => {
    if (text === 'commit') end(answer.command === 'COMMIT' ? 'committed' : 'ended');
    if (!tx || name !== 'outbox-claim' || !answer.rows?.length) return;
    const rows = answer.rows as Row[];
    tx.isRelays = true;
    see({ kind: 'claimed', tx: tx.id, rows: rows.map(claimedRow), isAll: isAll(rows, values) });
  };
  /** The pool wraps a client anew at each check-out. */
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

/* ---- amqplib */

type Publication = { readonly id: number; readonly messageId: string };
type Properties = { readonly messageId: string; readonly mandatory?: boolean };
type Confirm = (error: Error | null) => void;
type Publish = (exchange: string, key: string, body: Buffer, properties: Properties, confirm: Confirm) => boolean;
type Channel = {
  publish: Publish;
  prependListener(event: 'return', heard: (message: { properties: Properties }) => void): void;
};

const require = createRequire(import.meta.url);

/** Watches every confirm channel of this process. `seeFor` returns the recorder of the running code. */
export const watchPublishing = (seeFor: () => See): void => {
  const model = join(dirname(require.resolve('amqplib')), 'lib', 'channel_model.js');
  const { ConfirmChannel } = require(model) as { ConfirmChannel: { prototype: Channel } };
  const { publish } = ConfirmChannel.prototype;
  const open = new WeakMap<Channel, Set<Publication>>();
  const known = new WeakMap<Buffer, number>();

  const openOn = (channel: Channel, see: See): Set<Publication> => {
    const there = open.get(channel);
    if (there) return there;
    const made = new Set<Publication>();
    open.set(channel, made);
    channel.prependListener('return', ({ properties: { messageId } }) => {
      // it may be about either of two copies in flight
      for (const returned of made)
        if (returned.messageId === messageId) see({ kind: 'returned', publication: returned.id });
    });
    return made;
  };

  ConfirmChannel.prototype.publish = function (this: Channel, exchange, key, body, properties, confirm) {
    const see = seeFor();
    const { messageId, mandatory = false } = properties;
    const id = known.get(body) ?? ++publications;
    known.set(body, id);
    const publication: Publication = { id, messageId };
    const unanswered = openOn(this, see);
    const answered: Confirm = (error) => {
      unanswered.delete(publication);
      if (!error) see({ kind: 'confirmed', publication: id });
      else if (error.message === 'message nacked') see({ kind: 'nacked', publication: id });
      confirm(error);
    };
    const taken = publish.call(this, exchange, key, body, properties, answered);
    unanswered.add(publication);
    see({ kind: 'sent', publication: id, tx: inTx.getStore() ?? 0, messageId, mandatory });
    return taken;
  };
};
