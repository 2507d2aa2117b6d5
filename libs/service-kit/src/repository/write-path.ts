import type { Actor } from '../actor.ts';
import { complete, constraintOf, type Database, type Queryable } from '../database.ts';
import { Forbidden, ProblemError, Unavailable, ValidationFailed } from '../errors.ts';
import { assertUsable, isDone, type IdempotencyKey } from '../idempotency.ts';
import type { Outbox } from '../outbox.ts';
import { createBatches, type Command, type Outcome } from './batches.ts';
import { createStatements, type Guards } from './statements.ts';
import { createReader, type DatabaseRecord, type Row, type Seen, type Table } from './table.ts';

export type CreateCommand = {
  readonly actor: Actor;
  readonly key?: IdempotencyKey | undefined;
};

export type ChangeCommand = CreateCommand & {
  readonly id: string;
  /** Whether the caller's precondition (If-Match) holds for this version. */
  readonly ifMatch: (version: number) => boolean;
};

/** A decision as data: the new row, and the event that tells of it. */
export type Creation<Event> = { readonly insert: DatabaseRecord & { readonly id: string }; readonly event?: Event };

/** A decision as data: what changes in the row, and the event that tells of it. */
export type Change<R, Event> = {
  readonly update: Partial<R> & Pick<Row, 'version' | 'updatedAt'>;
  readonly event?: Event;
};

export type Writes<R> = {
  readonly guards?: Guards;
  /** What the caller gets when the write of a row breaks the constraint of this name. */
  readonly refusals?: Readonly<Record<string, (row: Command['row']) => Error | Promise<Error>>>;
  /** Changes to rows for which this is the same are never made at the same time: they could break a constraint together. */
  readonly turnOf?: (row: R) => string | null;
};

/** A row of the audit; `from` is null of the first. */
export type Recorded = {
  readonly from: string | null;
  readonly to: string;
  readonly by: string;
  readonly at: Date;
};

/** What a repository is made of. */
export type Definition<R extends Row, Beside extends object, Event> = {
  readonly table: Table<R, Beside>;
  readonly writes: Writes<R>;
  readonly outbox: Outbox<Event>;
};

/**
 * The one way to read and to write a row: reads, lets a pure function decide, and writes change, event and kept answer in
 * one statement that commits by itself. A command that changed nothing has lost a race: it is read again and decided again.
 */
export const createWritePath = <R extends Row, Beside extends object, Event>(
  database: Database,
  { table, writes, outbox }: Definition<R, Beside, Event>,
) => {
  const { toSeen, toFound } = createReader(table);
  const statements = createStatements({ table, guards: writes.guards ?? {}, outbox });
  const batches = createBatches({ database, table, statements, outbox });

  /** Null: the answer has just been forgotten. */
  const readAnswer = async (key: IdempotencyKey): Promise<Seen<R> | null> => {
    const [record] = await database.query(statements.answer, { keyUser: key.actor.userId, key: key.key });
    if (!record) return null;
    await database.confirmDurable();
    return toSeen(record);
  };

  /** Null: lost a race. */
  const write = async (command: Command): Promise<Outcome | null> => {
    const refusal = async (constraint: string) => writes.refusals?.[constraint]?.(command.row);
    const done = await batches.write(command).catch(async (error: unknown) => {
      const constraint = constraintOf(error) ?? '';
      if (constraint === 'idempotency_key_once') return null; // another request was faster under this key
      throw (await refusal(constraint)) ?? error;
    });
    if (!done) return null;
    const { outcome } = done;
    if (outcome !== 'written') throw (await refusal(outcome)) ?? new Error(`${table.noun} breaks ${outcome}`);
    if (command.event) outbox.announce();
    return done;
  };

  return {
    /** Null: there is none. */
    read: async (id: string) => (await batches.read({ id, key: undefined })).found,

    /** The same in a transaction of the caller's. */
    find: batches.find,

    /** Locks these rows; without those that are being changed. */
    lockForTimer: async (tx: Queryable, ids: readonly string[]) =>
      (await tx.query(statements.lockForTimer, { ids })).map(toFound),

    /** The database's time. */
    now: async () => (await batches.read({ id: null, key: undefined })).now,

    /** The audit of a row, in the order of its lifecycle. */
    history: async (id: string): Promise<Recorded[]> => {
      const rows = await database.query<Recorded>(statements.history, { id });
      return rows.map((row) => complete(row, ['to', 'by', 'at'], statements.history.name));
    },

    /** 400, then 422 and 409 of the key, then 403. */
    create: (command: CreateCommand, decide: (at: { readonly now: Date }) => Creation<Event>) =>
      retryLostRace(async () => {
        const { key } = command;
        const { now, ...state } = await batches.read({ id: null, key });
        if (key && isDone(state, key)) return readAnswer(key);
        const check = () => assertUsable(state);
        const { insert: row, event: of } = checked(() => decide({ now }), check, ValidationFailed);
        const event = of && outbox.rowOf(of);
        const made = await write({ kind: 'insert', row, turn: null, key, event, isDoneIn: () => true });
        if (!made) return null;
        const { n: _, outcome: __, ...record } = made;
        return toSeen({ ...record, now: record['updatedAt'] });
      }),

    /** 422 and 409 of the key, then 404, 403, 412 and 409. */
    change: (command: ChangeCommand, decide: (row: R, at: Seen<R> & Beside) => Change<R, Event>) =>
      retryLostRace(async () => {
        const { id, key, ifMatch } = command;
        const { found, ...state } = await batches.read({ id, key });
        if (key && isDone(state, key)) return readAnswer(key);
        assertUsable(state);
        if (!found) throw table.notFound();
        const check = () => {
          if (ifMatch(found.row.version)) return;
          throw new ProblemError(412, 'precondition-failed', `The ${table.noun} has another version.`);
        };
        const { update, event: of } = checked(() => decide(found.row, found), check, Forbidden);
        const event = of && outbox.rowOf(of);
        const row = { ...found.row, ...update };
        // without an event no one can tell two equal changes of one millisecond apart, nor needs to
        const isDoneIn = (later: DatabaseRecord): boolean => isSame(update, later);
        const turn = writes.turnOf?.(row) ?? null;
        const done = await write({ kind: 'update', row, turn, key, event, isDoneIn });
        return done && { row, now: row.updatedAt };
      }),
  };
};

/** What was decided, if `check` passes too. Of the errors of `decide` one kind comes before those of `check`, all others after. */
const checked = <T>(decide: () => T, check: () => void, first: typeof Forbidden | typeof ValidationFailed): T => {
  let decided: T;
  try {
    decided = decide();
  } catch (error) {
    if (!(error instanceof first)) check();
    throw error;
  }
  check();
  return decided;
};

const ATTEMPTS = 10;

/**
 * For read, decide, write: a conditional write that changed nothing (null) lost a race, so read again and decide again.
 * The loser sees the winner's state on its next read and, nearly always, returns a conflict.
 */
const retryLostRace = async <T>(attempt: () => Promise<T | null>): Promise<T> => {
  for (let count = 0; count < ATTEMPTS; count++) {
    const result = await attempt();
    if (result !== null) return result;
  }
  throw new Unavailable('Too many changes at once; nothing was changed.');
};

const isSame = (changes: object, row: object): boolean =>
  Object.entries(changes).every(([property, value]) => {
    const found = (row as DatabaseRecord)[property];
    return value instanceof Date ? value.getTime() === (found as Date | null)?.getTime() : value === found;
  });
