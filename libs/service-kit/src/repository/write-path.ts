import type { Actor } from '../actor.ts';
import { constraintOf, isRefused, isUnavailable, onlyRow, type Database, type Queryable } from '../database.ts';
import { Forbidden, PreconditionFailed, ValidationFailed } from '../errors.ts';
import { gather } from '../gather.ts';
import { assertUsable, isDone, keyParameters, type IdempotencyKey, type KeyState } from '../idempotency.ts';
import { retryLostRace } from '../lost-race.ts';
import type { Outbox, OutboxRow } from '../outbox.ts';
import { createStatements, type Guards, type Mode } from './statements.ts';
import {
  changedColumns,
  createReader,
  givenColumns,
  type DatabaseRecord,
  type Row,
  type Seen,
  type Table,
} from './table.ts';

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
  /** What the caller gets when a write breaks the constraint of this name. */
  readonly refusals?: Readonly<Record<string, () => Error>>;
  /** Changes to rows for which this is the same are never made at the same time: they could break a constraint together. */
  readonly turnOf?: (row: R) => string | null;
};

type Options<R extends Row, Beside extends object, Event> = {
  readonly database: Database;
  readonly table: Table<R, Beside>;
  readonly writes: Writes<R>;
  readonly outbox: Outbox<Event>;
};

type Asked = { readonly id: string | null; readonly key: IdempotencyKey | undefined };
type Read<Found> = KeyState & { readonly now: Date; readonly found: Found | null };

/** One command, ready to be written. */
type Command = {
  readonly kind: 'insert' | 'update';
  readonly row: DatabaseRecord & { readonly id: string };
  readonly turn: string | null;
  readonly key: IdempotencyKey | undefined;
  readonly event: OutboxRow | undefined;
  /** Whether a row that is read later shows that this command was carried out, for one without an event. */
  readonly isDoneIn: (row: DatabaseRecord) => boolean;
};

/** `written`, or the constraint that refuses it. */
type Outcome = { readonly outcome: string } & DatabaseRecord;
type Numbered = Outcome & { readonly n: number };

/** Of reads, of inserts and of updates. One batch at a time, and two under load: the database has more than one core. */
const batches = { places: 2, crowd: 8, most: 50, mostBytes: 1_000_000 };
/** Commands that wait alone for what another holds. */
const ALONE = 4;

/**
 * The one way to read and to write a row: reads, lets a pure function decide, and writes change, event and kept answer in
 * one statement that commits by itself. Commands that arrive while a statement is under way share the next one. A command
 * that changed nothing has lost a race, against another change of the row or another request under the same key: it is
 * read again and decided again.
 */
export const createWritePath = <R extends Row, Beside extends object, Event>(options: Options<R, Beside, Event>) => {
  const { database, table, writes, outbox } = options;
  const { toSeen, toFound } = createReader(table);
  const statements = createStatements({ table, guards: writes.guards ?? {}, outbox });

  type Answer = Read<Seen<R> & Beside>;
  const readAll = async (db: Queryable, asked: readonly Asked[]): Promise<Answer[]> => {
    const questions = asked.map(({ id, key }) => ({ id, ...keyParameters(key) }));
    const values = columnwise(questions, ['id', 'keyUser', 'key']);
    const rows = await db.query<KeyState & DatabaseRecord & { n: number; now: Date }>(statements.read, values);
    const inOrder = rows.toSorted((a, b) => a.n - b.n);
    return inOrder.map(({ n: _, keptHash, isFree, ...record }) => ({
      keptHash,
      isFree,
      now: record.now,
      found: record['id'] === null ? null : toFound(record),
    }));
  };
  /** A row that cannot be read fails the statement: each of its rows is read again alone. */
  const readTogether = async (asked: readonly Asked[]): Promise<(Answer | Promise<Answer>)[]> => {
    try {
      return await readAll(database, asked);
    } catch (error) {
      if (asked.length === 1 || isUnavailable(error)) throw error;
      return asked.map(async (one) => onlyRow(await readAll(database, [one]), statements.read.name));
    }
  };
  const read = gather({ ...batches, work: readTogether });

  /** Null: the answer has just been forgotten. */
  const readAnswer = async (key: IdempotencyKey): Promise<Seen<R> | null> => {
    const [record] = await database.query(statements.answer, { keyUser: key.actor.userId, key: key.key });
    if (!record) return null;
    await database.confirmDurable();
    return toSeen(record);
  };

  /** After a lost response: the commands that were carried out. None: the whole statement was not. */
  const findDone = async (commands: readonly Command[], kind: Command['kind']): Promise<Numbered[]> => {
    const enqueued = await outbox.findEnqueued(database, eventsOf(commands));
    const rows = await readAll(
      database,
      commands.map(({ row }) => ({ id: row.id, key: undefined })),
    );
    return commands.flatMap(({ event, isDoneIn }, n) => {
      const row = rows[n]?.found?.row;
      // by the message's own id: another's equal change may have been made in the same millisecond
      const isDone = event ? enqueued.has(event.id) : row !== undefined && isDoneIn(row);
      return isDone
        ? [{ n: n + 1, outcome: 'written', ...(kind === 'insert' ? { ...row, now: rows[n]?.now } : {}) }]
        : [];
    });
  };

  const writeAll = async (commands: readonly Command[], mode: Mode): Promise<(Outcome | null)[]> => {
    const kind = commands[0]?.kind ?? 'update';
    const columns = kind === 'insert' ? givenColumns(table) : changedColumns(table);
    const rowsAsked = commands.map(({ row, turn, key }) => ({ ...row, turn, ...keyParameters(key) }));
    const names = [
      'id',
      ...columns.map(({ property }) => property),
      'turn',
      'keyUser',
      'key',
      'requestHash',
      'askedBy',
    ];
    const values = { ...columnwise(rowsAsked, names), ...outbox.parameters(eventsOf(commands)) };
    const rows = await database.write<Numbered>(statements[kind][mode], values, () => findDone(commands, kind));
    const byNumber = new Map(rows.map((row) => [row.n, row]));
    // missing: another holds the row, the key or the turn, or they are no longer as they were read
    return commands.map((_, n) => byNumber.get(n + 1) ?? null);
  };

  const alone = gather({
    work: (commands: readonly Command[]) => writeAll(commands, 'alone'),
    places: ALONE,
    most: 1,
    keysOf,
  });

  /** What the database refuses for one command fails the statement: each of its commands is tried again alone. */
  const writeTogether = async (commands: readonly Command[]): Promise<(Outcome | Promise<Outcome | null>)[]> => {
    const outcomes = await writeAll(commands, 'batch').catch((error: unknown) => {
      if (commands.length === 1 || !isRefused(error)) throw error;
      return [];
    });
    return commands.map((command, n) => outcomes[n] ?? alone(command));
  };

  const gathered = () => gather<Command, Outcome | null>({ ...batches, work: writeTogether, bytesOf, keysOf });
  const together = { insert: gathered(), update: gathered() };

  /** Null: lost a race. */
  const write = async (command: Command): Promise<Outcome | null> => {
    const done = await together[command.kind](command).catch(refusalOf);
    if (!done) return null;
    if (done.outcome !== 'written') throw refusal(done.outcome) ?? new Error(`${table.noun} breaks ${done.outcome}`);
    if (command.event) outbox.announce();
    return done;
  };

  const refusal = (constraint: string): Error | undefined => writes.refusals?.[constraint]?.();

  const refusalOf = (error: unknown): null => {
    const constraint = constraintOf(error) ?? '';
    if (constraint === 'idempotency_key_once') return null; // another request was faster under this key
    throw refusal(constraint) ?? error;
  };

  return {
    /** Null: there is none. */
    read: async (id: string) => (await read({ id, key: undefined })).found,

    /** The same in a transaction of the caller's. */
    find: async (tx: Queryable, id: string) => (await readAll(tx, [{ id, key: undefined }]))[0]?.found ?? null,

    /** 400, then 422 and 409 of the key, then 403. */
    create: (command: CreateCommand, decide: (at: { readonly now: Date }) => Creation<Event>) =>
      retryLostRace(async () => {
        const { key } = command;
        const { now, ...state } = await read({ id: null, key });
        if (key && isDone(state, key)) return readAnswer(key);
        const decided = attempt(() => decide({ now }));
        decided.refuseIf(ValidationFailed);
        assertUsable(state);
        const { insert: row, event: of } = decided.value();
        const event = of && outbox.rowOf(of);
        const made = await write({ kind: 'insert', row, turn: null, key, event, isDoneIn: () => true });
        if (!made) return null;
        const { n: _, outcome: __, ...record } = made;
        return toSeen(record);
      }),

    /** 422 and 409 of the key, then 404, 403, 412 and 409. */
    change: (command: ChangeCommand, decide: (row: R, at: Seen<R> & Beside) => Change<R, Event>) =>
      retryLostRace(async () => {
        const { id, key, ifMatch } = command;
        const { found, ...state } = await read({ id, key });
        if (key && isDone(state, key)) return readAnswer(key);
        assertUsable(state);
        if (!found) throw table.notFound();
        const decided = attempt(() => decide(found.row, found));
        decided.refuseIf(Forbidden);
        if (!ifMatch(found.row.version)) throw new PreconditionFailed(`The ${table.noun} has another version.`);
        const { update, event: of } = decided.value();
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

/** What no two commands of a batch have in common. */
const keysOf = ({ row, turn, key }: Command): string[] => [
  row.id,
  ...(turn === null ? [] : [turn]),
  ...(key ? [`${key.actor.userId} ${key.key}`] : []),
];

const bytesOf = ({ kind, row, event }: Command): number =>
  (event?.envelope.length ?? 0) + (kind === 'insert' ? JSON.stringify(row).length : 0);

const eventsOf = (commands: readonly Command[]) =>
  commands.flatMap(({ event }, n) => (event === undefined ? [] : [{ n: n + 1, ...event }]));

/** An array for each of these names. A value that is missing throws: the driver would send null. */
const columnwise = (rows: readonly DatabaseRecord[], names: readonly string[]): DatabaseRecord =>
  Object.fromEntries(
    names.map((name) => [
      name,
      rows.map((row) => {
        if (row[name] === undefined) throw new TypeError(`no value for ${name}`);
        return row[name];
      }),
    ]),
  );

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
