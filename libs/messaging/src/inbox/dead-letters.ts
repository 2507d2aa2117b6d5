import { createHash } from 'node:crypto';
import type { ConsumeMessage } from 'amqplib';
import { complete, constraintOf, onlyRow, type Queryable, type Statement } from '@mentor-sessions/service-kit/database';
import { randomUUIDv7 } from '@mentor-sessions/service-kit/uuid';
import { truncationOf } from '../broker/bounded-deliveries.ts';
import { isCausedByRow } from './faults.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A message id for logs, if it is a UUID. Anything else is untrusted text and appears in the dead letter only. */
export const loggableId = (messageId: unknown): string | undefined =>
  typeof messageId === 'string' && uuid.test(messageId) ? messageId : undefined;

export type DeadLetter = {
  readonly delivery: ConsumeMessage;
  readonly queue: string;
  readonly reason: string;
  readonly detail: string;
  /** Failures caused by this message itself. */
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

/** Stores a message with its reason. The same poison message again increases a count instead of adding a row. */
export const storeDeadLetter = async (db: Queryable, letter: DeadLetter): Promise<StoredDeadLetter> => {
  const { delivery, queue, reason, detail, attempts } = letter;
  const { headers, ...properties } = delivery.properties;
  const stored = await db.query<StoredDeadLetter>(store, [
    randomUUIDv7(),
    textOrNull(properties.messageId),
    textOrNull(properties.type),
    storableText(reason),
    queue,
    storableText(delivery.fields.exchange),
    storableText(delivery.fields.routingKey),
    delivery.content,
    jsonOf(properties),
    jsonOf(headers),
    attempts,
    shortText(detail),
    fingerprintOf(letter),
  ]);
  return complete(onlyRow(stored, store.name), ['id'], 'dead_letters');
};

/**
 * Stores a message outside a transaction. A reason that a closed list lacks goes into the error. If the database refuses its content, it is stored without: the error has size
 * and hash of the body. So no message can block the queue by being impossible to store.
 */
export const keepDeadLetter = async (db: Queryable, letter: DeadLetter): Promise<StoredDeadLetter> => {
  try {
    return await storeDeadLetter(db, letter);
  } catch (error) {
    if (constraintOf(error) === 'dead_letter_reason_is_known' && letter.reason !== 'rejected')
      return keepDeadLetter(db, { ...letter, reason: 'rejected', detail: `${letter.reason}: ${letter.detail}` });
    if (!isCausedByRow(error)) throw error;
    const { content, properties, fields } = letter.delivery;
    const hash = createHash('sha256').update(content).digest('hex');
    const bare = { messageId: properties.messageId as unknown } as unknown as ConsumeMessage['properties'];
    const detail = `${letter.reason}: ${letter.detail}; stored without its ${content.length} bytes (SHA-256 ${hash}): ${String(error)}`;
    const delivery = { content: Buffer.alloc(0), properties: bare, fields };
    return storeDeadLetter(db, { ...letter, delivery, detail });
  }
};

const fingerprintOf = ({ delivery, queue, reason }: DeadLetter): Buffer =>
  createHash('sha256')
    .update(JSON.stringify([queue, reason, String(delivery.properties.messageId)]))
    .update(truncationOf(delivery)?.sha256 ?? delivery.content)
    .digest();

// PostgreSQL's text can hold neither NUL nor lone surrogates; the bytes of the body are stored as they are
const storableText = (value: unknown): string => String(value).toWellFormed().replaceAll('\0', '\ufffd');

/** Of an error: storable, and not longer than anyone reads. */
export const shortText = (value: unknown): string => storableText(value).slice(0, 2_000);

const textOrNull = (value: unknown): string | null =>
  value === undefined || value === null ? null : storableText(value);

const jsonOf = (value: unknown): string => {
  try {
    return storableText(JSON.stringify(value ?? {}));
  } catch {
    return '"cannot be written as JSON"';
  }
};
