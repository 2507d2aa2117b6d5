import type { ConsumeMessage } from 'amqplib';
import type { Statement } from '@mentor-sessions/service-kit/database';

export type Replay = { readonly id: string; readonly deadLetterId: string; readonly tries: number };

/** First key of the advisory lock for replays; an arbitrary constant. */
const LOCK = 0x7265706c;

/** Locks the replays of a queue until the end of the transaction. */
export const lock: Statement = {
  name: 'replay-lock',
  text: `select pg_try_advisory_xact_lock(${LOCK}, hashtext($1)) as got`,
};

export const next: Statement = {
  name: 'replay-next',
  text: `select id, dead_letter_id as "deadLetterId", tries from replays
    where queue = $1 and finished_at is null order by id limit 1`,
};

/** The stored message; only its size if that is above $2 bytes. */
export const read: Statement = {
  name: 'replay-message',
  text: `select case when octet_length(body) <= $2 then body end as body, octet_length(body)::float8 as bytes,
    properties, headers, exchange, routing_key as "routingKey" from dead_letters where id = $1`,
};

/** Before each try, outside its transaction: a message that crashes the process leaves this trace. */
export const count: Statement = {
  name: 'replay-count',
  text: 'update replays set tries = tries + 1 where id = $1',
};

/** When the process survived the try, and the database ended it rather than the message. */
export const uncount: Statement = {
  name: 'replay-uncount',
  text: 'update replays set tries = greatest(tries - 1, 0) where id = $1 and finished_at is null',
};

const NOW = `date_trunc('milliseconds', clock_timestamp())`;
const finished = `update replays set finished_at = ${NOW}, outcome = $2, detail = $3
  where id = $1 and finished_at is null`;

/** The dead letter stays open. */
export const finish: Statement = { name: 'replay-finish', text: finished };

/** Resolves the dead letter as well. Returns no row if the replay was withdrawn, or the dead letter resolved, meanwhile. */
export const finishAndResolve: Statement = {
  name: 'replay-finish-and-resolve',
  text: `with done as (${finished} returning dead_letter_id, requested_by, reason)
    update dead_letters set resolved_at = ${NOW}, resolution = 'replayed', resolved_by = requested_by,
      resolution_note = concat_ws('; ', done.reason, $3)
    from done where dead_letters.id = dead_letter_id and resolved_at is null returning dead_letters.id`,
};

export type StoredMessage = {
  readonly body: Buffer;
  readonly properties: string;
  readonly headers: string;
  readonly exchange: string;
  readonly routingKey: string;
};

export const deliveryOf = ({ body, properties, headers, exchange, routingKey }: StoredMessage): ConsumeMessage => ({
  content: body,
  fields: { exchange, routingKey, consumerTag: 'replay', deliveryTag: 0, redelivered: true },
  properties: { ...objectOf(properties), headers: objectOf(headers) } as unknown as ConsumeMessage['properties'],
});

const objectOf = (json: string): object => {
  const value: unknown = JSON.parse(json);
  return typeof value === 'object' && value !== null ? value : {};
};
