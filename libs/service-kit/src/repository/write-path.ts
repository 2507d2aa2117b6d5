import type { Actor } from '../actor.ts';
import { constraintOf, onlyRow, present, sql, type Database, type Statement } from '../database.ts';
import { Forbidden, PreconditionFailed, ValidationFailed } from '../errors.ts';
import {
  assertUsable,
  hasTurn,
  isDone,
  keepAnswer,
  keyParameters,
  takeTurn,
  type IdempotencyKey,
  type KeyState,
} from '../idempotency.ts';
import { retryLostRace } from '../lost-race.ts';
import type { Outbox } from '../outbox.ts';
import { freeKey, nowColumn, type DatabaseRecord, type Reader, type Row, type Seen, type Table } from './table.ts';

export type CreateCommand = {
  readonly actor: Actor;
  readonly key?: IdempotencyKey | undefined;
};

export type ChangeCommand = CreateCommand & {
  readonly id: string;
  /** Whether the caller's precondition (If-Match) holds for this version. */
  readonly ifMatch: (version: number) => boolean;
};

/** A decision as data: what changes in the row, and the event that tells of it. */
export type Change<R, Event> = {
  readonly update: Partial<R> & Pick<Row, 'version' | 'updatedAt'>;
  readonly event?: Event;
};

/** A statement without its key, its event and its answer: `createWritePath` adds those. */
export type Write = { readonly name: string; readonly text: string };

export type Writes<R, Event> = {
  /** `insert into … select …`, without a condition. */
  readonly insert?: Write;
  /** `update … where id = :id and version = :version - 1`; its parameters are the row as it will be. */
  readonly update: (change: Change<R, Event>) => Write;
  /** What the caller gets when a write breaks the constraint of this name. */
  readonly refusals?: Readonly<Record<string, () => Error>>;
};

type Options<R extends Row, Beside extends object, Event> = {
  readonly database: Database;
  readonly table: Table<R, Beside>;
  readonly reader: Reader<R, Beside>;
  readonly writes: Writes<R, Event>;
  readonly outbox: Outbox<Event>;
};

/**
 * The one way to write: reads, lets a pure function decide, and writes change, event and kept answer in one statement that
 * commits by itself. A statement that changed nothing has lost a race, against another change of the row or another request
 * under the same key: the loser reads again and decides again.
 */
export const createWritePath = <R extends Row, Beside extends object, Event>(options: Options<R, Beside, Event>) => {
  const { database, table, reader, writes, outbox } = options;
  const { statements, toSeen, toFound, columns } = reader;

  const readNow = async (key: IdempotencyKey | undefined): Promise<KeyState & { now: Date }> => {
    const statement = key ? statements.nowUnderKey : statements.now;
    const rows = await database.query<{ now: Date }>(statement, key ? keyParameters(key) : {});
    const row = onlyRow(rows, statement.name);
    return { ...freeKey, ...row, now: present(row.now, 'clock_timestamp()') };
  };

  const readRow = async ({ id, key }: ChangeCommand): Promise<KeyState & { found: (Seen<R> & Beside) | null }> => {
    if (!key) {
      const [record] = await database.query(statements.read, { id });
      return { ...freeKey, found: record ? toFound(record) : null };
    }
    const rows = await database.query<KeyState & DatabaseRecord>(statements.readUnderKey, {
      id,
      ...keyParameters(key),
    });
    const { keptHash, isFree, ...record } = onlyRow(rows, statements.readUnderKey.name);
    return { keptHash, isFree, found: record['id'] === null ? null : toFound(record) };
  };

  /** Null: the answer has just been forgotten. */
  const readAnswer = async (key: IdempotencyKey): Promise<Seen<R> | null> => {
    const [record] = await database.query(statements.answer, keyParameters(key));
    if (!record) return null;
    await database.confirmDurable();
    return toSeen(record);
  };

  const prepared = new Map<string, Statement>();
  const statementOf = (write: Write, { condition, answer, event, key }: Parts): Statement => {
    const name = key ? `${write.name}-under-key` : write.name;
    const known = prepared.get(name);
    if (known) return known;
    const parts = [
      ...(key ? [takeTurn] : []),
      `written as (${write.text} ${key ? `${condition} ${hasTurn}` : ''} returning *)`,
      ...(event ? [`enqueued as (${outbox.insertFrom('written')})`] : []),
      ...(key ? [keepAnswer('written')] : []),
    ];
    const made = sql(name, `with ${parts.join(',\n')} select ${answer} from written ${table.alias}`);
    prepared.set(name, made);
    return made;
  };

  const refusalOf = (error: unknown): never[] => {
    const constraint = constraintOf(error) ?? '';
    if (constraint === 'idempotency_key_once') return []; // another request was faster under this key
    throw writes.refusals?.[constraint]?.() ?? error;
  };

  /** Null: lost a race. */
  const insert = async (row: DatabaseRecord & { id: string }, key?: IdempotencyKey): Promise<Seen<R> | null> => {
    if (!writes.insert) throw new Error(`no ${table.noun} is created here`);
    const statement = statementOf(writes.insert, { condition: 'where', answer: `${columns}, ${nowColumn}`, key });
    const readBack = () => database.query(statements.read, { id: row.id });
    const values = { ...row, ...(key ? keyParameters(key) : {}) };
    const [record] = await database.write(statement, values, readBack).catch(refusalOf);
    return record ? toSeen(record) : null;
  };

  /** Null: lost a race. */
  const update = async (before: R, change: Change<R, Event>, key?: IdempotencyKey): Promise<Seen<R> | null> => {
    const { event, update: changes } = change;
    const row = { ...before, ...changes };
    const statement = statementOf(writes.update(change), { condition: 'and', answer: 'true as written', event, key });
    const readBack = async (): Promise<object[]> => {
      // by the message's own id: another's equal change may have been made in the same millisecond
      if (event) return (await outbox.wasEnqueued(database, event)) ? [{}] : [];
      // without an event no one can tell two equal changes of one millisecond apart, nor needs to
      const [record] = await database.query(statements.read, { id: row.id });
      return record && isSame(changes, toSeen(record).row) ? [{}] : [];
    };
    const values = { ...row, ...(event ? outbox.parameters(event) : {}), ...(key ? keyParameters(key) : {}) };
    const rows = await database.write(statement, values, readBack).catch(refusalOf);
    if (rows.length === 0) return null;
    if (event) outbox.announce();
    return { row, now: row.updatedAt };
  };

  return {
    /** 400, then 422 and 409 of the key, then 403. */
    create: (command: CreateCommand, decide: (at: { readonly now: Date }) => DatabaseRecord & { id: string }) =>
      retryLostRace(async () => {
        const { key } = command;
        const { now, ...state } = await readNow(key);
        if (key && isDone(state, key)) return readAnswer(key);
        const decided = attempt(() => decide({ now }));
        decided.refuseIf(ValidationFailed);
        assertUsable(state);
        return insert(decided.value(), key);
      }),

    /** 422 and 409 of the key, then 404, 403, 412 and 409. */
    change: (command: ChangeCommand, decide: (row: R, at: Seen<R> & Beside) => Change<R, Event>) =>
      retryLostRace(async () => {
        const { key, ifMatch } = command;
        const { found, ...state } = await readRow(command);
        if (key && isDone(state, key)) return readAnswer(key);
        assertUsable(state);
        if (!found) throw table.notFound();
        const decided = attempt(() => decide(found.row, found));
        decided.refuseIf(Forbidden);
        if (!ifMatch(found.row.version)) throw new PreconditionFailed(`The ${table.noun} has another version.`);
        return update(found.row, decided.value(), key);
      }),
  };
};

type Parts = {
  readonly condition: 'where' | 'and';
  readonly answer: string;
  readonly event?: unknown;
  readonly key?: IdempotencyKey | undefined;
};

/** Decides now and refuses later: other checks come between one refusal and the next. */
const attempt = <T>(decide: () => T) => {
  let decided: { value: T } | { error: unknown };
  try {
    decided = { value: decide() };
  } catch (error) {
    decided = { error };
  }
  return {
    refuseIf: (kind: typeof Forbidden | typeof ValidationFailed): void => {
      if ('error' in decided && decided.error instanceof kind) throw decided.error;
    },
    value: (): T => {
      if ('error' in decided) throw decided.error;
      return decided.value;
    },
  };
};

const isSame = (changes: object, row: object): boolean =>
  Object.entries(changes).every(([property, value]) => {
    const found = (row as DatabaseRecord)[property];
    return value instanceof Date ? value.getTime() === (found as Date | null)?.getTime() : value === found;
  });
