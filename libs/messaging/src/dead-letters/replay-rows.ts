import type { ConsumeMessage } from 'amqplib';
import { onlyRow, present, type Queryable, type Statement } from '@mentor-sessions/service-kit/database';

/** A replay that waits, with the message as it was kept. */
export type WaitingReplay = {
  readonly id: string;
  readonly deadLetterId: string;
  readonly tries: number;
  readonly delivery: ConsumeMessage;
};

type Row = Omit<WaitingReplay, 'delivery'> & {
  readonly body: Buffer;
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
  text: `select r.id, r.dead_letter_id as "deadLetterId", r.tries, body, properties, headers, exchange, routing_key as "routingKey"
    from replays r join dead_letters l on l.id = r.dead_letter_id
    where r.queue = $1 and r.finished_at is null order by r.id limit 1`,
};

const count: Statement = { name: 'replay-count', text: 'update replays set tries = tries + 1 where id = $1' };

const nowMs = `date_trunc('milliseconds', clock_timestamp())`;
const finished = `update replays set finished_at = ${nowMs}, outcome = $2, detail = $3
  where id = $1 and finished_at is null`;

const finishOnly: Statement = { name: 'replay-finish', text: finished };

const finishAndResolve: Statement = {
  name: 'replay-finish-and-resolve',
  text: `with done as (${finished} returning dead_letter_id, requested_by, reason)
    update dead_letters set resolved_at = ${nowMs}, resolution = 'replayed', resolved_by = requested_by,
      resolution_note = concat_ws('; ', done.reason, $3)
    from done where dead_letters.id = dead_letter_id and resolved_at is null returning dead_letters.id`,
};

/** False: another process replays for this queue now. Until the end of the transaction nobody else does. */
export const isAlone = async (tx: Queryable, queue: string): Promise<boolean> =>
  present(onlyRow(await tx.query<{ got: boolean }>(lock, [queue]), lock.name).got, lock.name);

export const nextReplay = async (tx: Queryable, queue: string): Promise<WaitingReplay | undefined> => {
  const [row] = await tx.query<Row>(next, [queue]);
  return row && { id: row.id, deadLetterId: row.deadLetterId, tries: row.tries, delivery: deliveryOf(row) };
};

/** Before each try, in a transaction of its own: a message that ends its process leaves this trace. */
export const countTry = async (db: Queryable, id: string): Promise<void> => void (await db.query(count, [id]));

type Outcome = { readonly outcome: 'handled' | 'duplicate' | 'dead'; readonly detail?: string };

/** The dead letter stays open. */
export const finishReplay = async (db: Queryable, id: string, { outcome, detail }: Outcome): Promise<void> =>
  void (await db.query(finishOnly, [id, outcome, detail ?? null]));

/** False: it was withdrawn meanwhile, or the dead letter resolved. */
export const finishAndResolveReplay = async (db: Queryable, id: string, { outcome, detail }: Outcome) =>
  (await db.query(finishAndResolve, [id, outcome, detail ?? null])).length > 0;

/** As it came, from the table. */
const deliveryOf = ({ body, properties, headers, exchange, routingKey }: Row): ConsumeMessage => ({
  content: body,
  fields: { exchange, routingKey, consumerTag: 'replay', deliveryTag: 0, redelivered: true },
  properties: { ...objectOf(properties), headers: objectOf(headers) } as unknown as ConsumeMessage['properties'],
});

const objectOf = (json: string): object => {
  const value: unknown = JSON.parse(json);
  return typeof value === 'object' && value !== null ? value : {};
};
