import { isRefused, isUnavailable, onlyRow, type Database, type Queryable } from '../database.ts';
import { gather } from '../gather.ts';
import { keyParameters, type IdempotencyKey, type KeyState } from '../idempotency.ts';
import type { Outbox, OutboxRow } from '../outbox.ts';
import { ofCommands, type Mode, type Statements } from './statements.ts';
import {
  changedColumns,
  createReader,
  givenColumns,
  type Column,
  type DatabaseRecord,
  type Row,
  type Seen,
  type Table,
} from './table.ts';

export type Asked = { readonly id: string | null; readonly key: IdempotencyKey | undefined };
export type Read<Found> = KeyState & { readonly now: Date; readonly found: Found | null };

/** One command, ready to be written. */
export type Command = {
  readonly kind: 'insert' | 'update';
  readonly row: DatabaseRecord & { readonly id: string };
  readonly turn: string | null;
  readonly key: IdempotencyKey | undefined;
  readonly event: OutboxRow | undefined;
  /** Whether a row that is read later shows that this command was carried out, for one without an event. */
  readonly isDoneIn: (row: DatabaseRecord) => boolean;
};

/** `written`, or the constraint that refuses it. */
export type Outcome = { readonly outcome: string } & DatabaseRecord;
type Numbered = Outcome & { readonly n: number };

type Options<R extends Row, Beside extends object, Event> = {
  readonly database: Database;
  readonly table: Table<R, Beside>;
  readonly statements: Statements;
  readonly outbox: Outbox<Event>;
};

/** Of reads, of inserts and of updates. One batch at a time, and two under load: the database has more than one core. */
const batches = { places: 2, crowd: 8, most: 50, mostBytes: 1_000_000 };
/** Commands that wait alone for what another holds. */
const ALONE = 4;

/**
 * Reads rows and writes commands. What arrives while a statement is in progress shares the next one. A command that another
 * holds up, or that fails with its batch, is tried again alone.
 */
export const createBatches = <R extends Row, Beside extends object, Event>(options: Options<R, Beside, Event>) => {
  const { database, table, statements, outbox } = options;
  const { toFound } = createReader(table);
  const propertiesOf = {
    insert: namesOf(givenColumns(table)),
    update: ['id', ...namesOf(changedColumns(table))],
  };

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
      return isDone ? [{ n: n + 1, outcome: 'written', ...(kind === 'insert' ? row : {}) }] : [];
    });
  };

  const writeAll = async (commands: readonly Command[], mode: Mode): Promise<(Outcome | null)[]> => {
    const kind = commands[0]?.kind ?? 'update';
    const rowsAsked = commands.map(({ row, turn, key }) => ({ ...row, turn, ...keyParameters(key) }));
    const values = {
      ...columnwise(rowsAsked, [...propertiesOf[kind], ...namesOf(ofCommands)]),
      ...outbox.parameters(eventsOf(commands)),
    };
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

  return {
    read: gather({ ...batches, work: readTogether }),
    /** In a transaction of the caller's. */
    find: async (tx: Queryable, id: string) => onlyRow(await readAll(tx, [{ id, key: undefined }]), 'rows').found,
    /** Null: the command lost a race, against another change of the row or another request under the same key. */
    write: async (command: Command): Promise<Outcome | null> => {
      // here, where it fails this command alone; the driver would send null
      for (const property of propertiesOf[command.kind])
        if (command.row[property] === undefined) throw new TypeError(`${table.noun} without ${property}`);
      return together[command.kind](command);
    },
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

const namesOf = (columns: readonly Column[]): string[] => columns.map(({ property }) => property);

/** An array for each of these names. */
const columnwise = (rows: readonly DatabaseRecord[], names: readonly string[]): DatabaseRecord =>
  Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])]));
