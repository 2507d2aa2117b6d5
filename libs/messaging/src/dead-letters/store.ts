import { createHash, randomUUIDv7 } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';
import { complete, onlyRow, type Queryable, type Statement } from '@mentor-sessions/service-kit/database';

export type DeadLetter = {
  readonly delivery: ConsumeMessage;
  readonly queue: string;
  readonly reason: string;
  readonly detail: string;
  /** Failures that this message itself caused. */
  readonly attempts: number;
};

export type StoredDeadLetter = { readonly id: string; readonly tried_at: Date | null };

const store: Statement = {
  name: 'dead-letter-store',
  text: `insert into dead_letters
      (id, message_id, type, reason, queue, exchange, routing_key, body, properties, headers, attempts, last_error, fingerprint)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
    on conflict (fingerprint) where resolved_at is null do update set
      times_seen = dead_letters.times_seen + 1,
      attempts = dead_letters.attempts + excluded.attempts,
      last_error = excluded.last_error,
      last_seen_at = date_trunc('milliseconds', clock_timestamp())
    returning id, tried_at`,
};

/** Keeps a message with its reason, whatever its content. The same poison again raises a count, not a row. */
export const storeDeadLetter = async (db: Queryable, letter: DeadLetter): Promise<StoredDeadLetter> => {
  const { delivery, queue, reason, detail, attempts } = letter;
  const { headers, ...properties } = delivery.properties;
  const stored = await db.query<StoredDeadLetter>(store, [
    randomUUIDv7(),
    textOrNull(properties.messageId),
    textOrNull(properties.type),
    reason,
    queue,
    textOf(delivery.fields.exchange),
    textOf(delivery.fields.routingKey),
    delivery.content,
    jsonOf(properties),
    jsonOf(headers),
    attempts,
    textOf(detail).slice(0, 2_000),
    fingerprintOf(letter),
  ]);
  return complete(onlyRow(stored, store.name), ['id'], 'dead_letters');
};

const fingerprintOf = ({ delivery, queue, reason }: DeadLetter): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([queue, reason, String(delivery.properties.messageId)]))
    .update(delivery.content)
    .digest();

// PostgreSQL's text holds neither NUL nor half a surrogate pair; the bytes of the body are kept as they are
export const textOf = (value: unknown): string => String(value).toWellFormed().replaceAll('\0', '\ufffd');

const textOrNull = (value: unknown): string | null => (value === undefined || value === null ? null : textOf(value));

const jsonOf = (value: unknown): string => {
  try {
    return textOf(JSON.stringify(value ?? {}));
  } catch {
    return '"cannot be written as JSON"';
  }
};
