import type { ConsumeMessage } from 'amqplib';
import { onlyRow, present, type Queryable, type Statement } from '@mentor-sessions/service-kit/database';

/** A replay that an operator requested. */
export type Replay = { readonly id: string; readonly deadLetterId: string; readonly tries: number };

type MessageRow = {
  /** Null: larger than requested. */
  readonly body: Buffer | null;
  readonly bytes: number;
  readonly properties: string;
  readonly headers: string;
  readonly exchange: string;
  readonly routingKey: string;
};

/** First key of the advisory lock for replays; an arbitrary constant. */
const LOCK = 0x7265706c;

const lock: Statement = {
  name: 'replay-lock',
  text: `select pg_try_advisory_xact_lock(${LOCK}, hashtext($1)) as got`,
};

const next: Statement = {
  name: 'replay-next',
  text: `select id, dead_letter_id as "deadLetterId", tries from replays
    where queue = $1 and finished_at is null order by id limit 1`,
};

const message: Statement = {
  name: 'replay-message',
  text: `select case when octet_length(body) <= $2 then body end as body, octet_length(body)::float8 as bytes,
    properties, headers, exchange, routing_key as "routingKey" from dead_letters where id = $1`,
};

const count: Statement = { name: 'replay-count', text: 'update replays set tries = tries + 1 where id = $1' };

const uncount: Statement = {
  name: 'replay-uncount',
  text: 'update replays set tries = greatest(tries - 1, 0) where id = $1 and finished_at is null',
};

const NOW = `date_trunc('milliseconds', clock_timestamp())`;
const finished = `update replays set finished_at = ${NOW}, outcome = $2, detail = $3
  where id = $1 and finished_at is null`;

const finish: Statement = { name: 'replay-finish', text: finished };

const finishAndResolve: Statement = {
  name: 'replay-finish-and-resolve',
  text: `with done as (${finished} returning dead_letter_id, requested_by, reason)
    update dead_letters set resolved_at = ${NOW}, resolution = 'replayed', resolved_by = requested_by,
      resolution_note = concat_ws('; ', done.reason, $3)
    from done where dead_letters.id = dead_letter_id and resolved_at is null returning dead_letters.id`,
};

/** Locks the replays of a queue until the end of the transaction; false: another process has the lock. */
export const tryLockReplays = async (tx: Queryable, queue: string): Promise<boolean> =>
  present(onlyRow(await tx.query<{ got: boolean }>(lock, [queue]), lock.name).got, lock.name);

export const nextReplay = async (tx: Queryable, queue: string): Promise<Replay | undefined> =>
  (await tx.query<Replay>(next, [queue]))[0];

/** The stored message; only its size if that is above `largest` bytes. */
export const readMessage = async (
  db: Queryable,
  { deadLetterId }: Replay,
  largest: number,
): Promise<ConsumeMessage | { readonly bytes: number }> => {
  const [row] = await db.query<MessageRow>(message, [deadLetterId, largest]);
  if (!row) throw new Error(`dead letter ${deadLetterId}: query returned no row`);
  const { body, bytes, properties, headers, exchange, routingKey } = row;
  if (!body) return { bytes };
  return {
    content: body,
    fields: { exchange, routingKey, consumerTag: 'replay', deliveryTag: 0, redelivered: true },
    properties: { ...objectOf(properties), headers: objectOf(headers) } as unknown as ConsumeMessage['properties'],
  };
};

export const objectOf = (json: string): object => {
  const value: unknown = JSON.parse(json);
  return typeof value === 'object' && value !== null ? value : {};
};

/** Called before each try, outside its transaction: a message that crashes the process leaves this trace. */
export const countTry = async (db: Queryable, id: string): Promise<void> => void (await db.query(count, [id]));

/** Called when the process survived the try, and the database ended it rather than the message. */
export const uncountTry = async (db: Queryable, id: string): Promise<void> => void (await db.query(uncount, [id]));

type Outcome = { readonly outcome: 'handled' | 'duplicate' | 'dead'; readonly detail?: string };

/** Finishes a replay; the dead letter stays open. */
export const finishReplay = async (db: Queryable, id: string, { outcome, detail }: Outcome): Promise<void> =>
  void (await db.query(finish, [id, outcome, detail ?? null]));

/** Finishes a replay and resolves its dead letter; false: the replay was withdrawn, or the dead letter resolved, meanwhile. */
export const finishAndResolveReplay = async (db: Queryable, id: string, { outcome, detail }: Outcome) =>
  (await db.query(finishAndResolve, [id, outcome, detail ?? null])).length > 0;
