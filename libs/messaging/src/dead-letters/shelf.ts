import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import type pg from 'pg';
import { deliveryOf, type StoredMessage } from './replay-rows.ts';

/** An open dead letter of a subscriber. */
export type Letter = {
  readonly id: string;
  readonly queue: string;
  readonly reason: string;
  readonly error: string;
  readonly times: number;
  readonly lastSeenAt: string;
  /** Who has it replayed, and why; it was not handled yet. */
  readonly replayedBy: string | null;
  readonly delivery: ConsumeMessage;
};

export type Because = { readonly by: string; readonly because: string };

/** Where a subscriber keeps its dead letters. */
export type Shelf = {
  open(): Promise<Letter[]>;
  /** Its message is to be sent again by `send`. */
  replay(letter: Letter, because: Because, send: () => Promise<void>): Promise<void>;
  discard(letter: Letter, because: Because): Promise<void>;
};

type Row = Omit<Letter, 'delivery'> & StoredMessage;

const open = `select id, queue, reason, coalesce(last_error, '') as error, times_seen as times,
    last_seen_at::text as "lastSeenAt", resolved_by as "replayedBy", body, properties, headers, exchange,
    routing_key as "routingKey"
  from dead_letters where resolved_at is null and ($1::text is null or queue = $1) order by last_seen_at limit 1000`;

const discard = `update dead_letters set resolved_at = date_trunc('milliseconds', clock_timestamp()),
  resolution = 'discarded', resolved_by = $2, resolution_note = $3 where id = $1 and resolved_at is null`;

/** Noted while it is open; the subscriber resolves it when it has handled the message. */
const request = 'update dead_letters set resolved_by = $2, resolution_note = $3 where id = $1 and resolved_at is null';

/** The table dead_letters. */
export const tableShelf = (client: pg.Client, queue: string | undefined): Shelf => ({
  open: async () =>
    (await client.query<Row>(open, [queue])).rows.map((row) => {
      const { id, reason, error, times, lastSeenAt, replayedBy } = row;
      return { id, queue: row.queue, reason, error, times, lastSeenAt, replayedBy, delivery: deliveryOf(row) };
    }),
  replay: async ({ id }, { by, because }, send) => {
    await client.query(request, [id, by, because]);
    await send();
  },
  discard: async ({ id }, { by, because }) => void (await client.query(discard, [id, by, because])),
});

const LONGEST = 1_000;

/** The dead queue, of a subscriber without a database. What is not acknowledged stays in it. */
export const queueShelf = (channel: ConfirmChannel, queue: string): Shelf => ({
  open: async () => {
    const letters: Letter[] = [];
    while (letters.length < LONGEST) {
      const message = await channel.get(`${queue}.dead`);
      if (!message) break;
      const headers = (message.properties.headers ?? {}) as Record<string, string | undefined>;
      const id = String(message.properties.messageId);
      const { 'x-reason': reason = 'given up by the broker', 'x-detail': error = '' } = headers;
      const delivery = message as unknown as ConsumeMessage;
      letters.push({ id, queue, reason, error, times: 1, lastSeenAt: '', replayedBy: null, delivery });
    }
    return letters;
  },
  // by the delivery: a message may be there several times, and one may have no id
  replay: async ({ delivery }, _, send) => {
    await send();
    channel.ack(delivery);
  },
  discard: async ({ delivery }) => channel.ack(delivery),
});
