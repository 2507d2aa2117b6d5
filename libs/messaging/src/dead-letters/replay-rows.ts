import type { ConsumeMessage } from 'amqplib';
import { onlyRow, present, type Queryable, type Statement } from '@mentor-sessions/service-kit/database';

export type WaitingReplay = { readonly id: string; readonly deadLetterId: string; readonly tries: number };

type Row = {
  /** Null: it is larger than asked for. */
  readonly body: Buffer | null;
  readonly bytes: number;
  readonly properties: string;
  readonly headers: string;
  readonly exchange: string;
  readonly routingKey: string;
};

/** Key of the lock that stands for "this process replays for the queue"; any constant will do. */
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

const nowMs = `date_trunc('milliseconds', clock_timestamp())`;
const finished = `update replays set finished_at = ${nowMs}, outcome = $2, detail = $3
  where id = $1 and finished_at is null`;

const finishOnly: Statement = { name: 'replay-finish', text: finished };

const resolve: Statement = {
  name: 'replay-finish-and-resolve',
  text: `with done as (${finished} returning dead_letter_id, requested_by, reason)
    update dead_letters set resolved_at = ${nowMs}, resolution = 'replayed', resolved_by = requested_by,
      resolution_note = concat_ws('; ', done.reason, $3)
    from done where dead_letters.id = dead_letter_id and resolved_at is null returning dead_letters.id`,
};

/** False: another process replays for this queue now. Until the end of the transaction nobody else does. */
export const tryLockReplays = async (tx: Queryable, queue: string): Promise<boolean> =>
  present(onlyRow(await tx.query<{ got: boolean }>(lock, [queue]), lock.name).got, lock.name);

export const nextReplay = async (tx: Queryable, queue: string): Promise<WaitingReplay | undefined> =>
  (await tx.query<WaitingReplay>(next, [queue]))[0];

/** The message as it was kept, once the try is counted; its size alone if that is above `largest` bytes. */
export const readMessage = async (
  db: Queryable,
  { deadLetterId }: WaitingReplay,
  largest: number,
): Promise<ConsumeMessage | { readonly bytes: number }> => {
  const [row] = await db.query<Row>(message, [deadLetterId, largest]);
  if (!row) throw new Error(`dead letter ${deadLetterId}: query returned no row`);
  const { body, bytes } = row;
  return body ? deliveryOf({ ...row, body }) : { bytes };
};

/** Before each try, in a transaction of its own: a message that ends its process leaves this trace. */
export const countTry = async (db: Queryable, id: string): Promise<void> => void (await db.query(count, [id]));

/** The process outlived the try: what ended it was the database's trouble, and no message is to blame. */
export const uncountTry = async (db: Queryable, id: string): Promise<void> => void (await db.query(uncount, [id]));

type Outcome = { readonly outcome: 'handled' | 'duplicate' | 'dead'; readonly detail?: string };

/** The dead letter stays open. */
export const finishReplay = async (db: Queryable, id: string, { outcome, detail }: Outcome): Promise<void> =>
  void (await db.query(finishOnly, [id, outcome, detail ?? null]));

/** False: it was withdrawn meanwhile, or the dead letter resolved. */
export const finishAndResolveReplay = async (db: Queryable, id: string, { outcome, detail }: Outcome) =>
  (await db.query(resolve, [id, outcome, detail ?? null])).length > 0;

/** As it came, from the table. */
const deliveryOf = ({ body, properties, headers, exchange, routingKey }: Row & { body: Buffer }): ConsumeMessage => ({
  content: body,
  fields: { exchange, routingKey, consumerTag: 'replay', deliveryTag: 0, redelivered: true },
  properties: { ...objectOf(properties), headers: objectOf(headers) } as unknown as ConsumeMessage['properties'],
});

const objectOf = (json: string): object => {
  const value: unknown = JSON.parse(json);
  return typeof value === 'object' && value !== null ? value : {};
};
