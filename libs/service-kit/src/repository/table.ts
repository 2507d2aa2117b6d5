import type { EntitySchema } from '@mikro-orm/postgresql';
import type { Actor } from '../actor.ts';
import { complete, present, sql, type Statement } from '../database.ts';
import type { NotFound } from '../errors.ts';
import { keptAnswer, keyState, keyStateColumns, type KeyState } from '../idempotency.ts';

/** What a row of a table that callers change has: its version is one more with each change. */
export type Row = {
  readonly id: string;
  readonly status: string;
  readonly startTime: Date;
  readonly version: number;
  readonly updatedAt: Date;
};

/** A row and the database's time at which it was so; of an answer that is given again, the caller as they were then. */
export type Seen<R> = { readonly row: R; readonly now: Date; readonly askedBy?: Actor };

/** Whether a caller may see or change a row is the domain's to say, and which errors they get. */
export type Table<R extends Row, Beside extends object = object> = {
  /** In the names of statements. */
  readonly noun: string;
  readonly entity: EntitySchema;
  /** A FROM item that has the entity's table as `alias`. */
  readonly from: string;
  readonly alias: string;
  /** Columns that are read with the row, and what becomes of them. */
  readonly beside: { readonly columns: string; readonly read: (record: DatabaseRecord) => Beside };
  /** Properties that have a value in this status, beside those that always have one. */
  readonly requiredIn: Readonly<Record<R['status'], readonly (keyof R & string)[]>>;
  readonly notFound: () => NotFound;
};

export type DatabaseRecord = Readonly<Record<string, unknown>>;

export const nowColumn = `date_trunc('milliseconds', clock_timestamp()) as now`;

const columnOf = (property: string): string => property.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The columns of the entity's table, named as its properties. */
export const columnsOf = ({ entity, alias }: Pick<Table<Row>, 'entity' | 'alias'>): string =>
  Object.keys(entity.meta.properties)
    .map((property) => `${alias}.${columnOf(property)} as "${property}"`)
    .join(', ');

/** How rows are read. A row that lacks a value which the table demands of it throws. */
export const createReader = <R extends Row, Beside extends object>(table: Table<R, Beside>) => {
  const { noun, entity, from, alias, beside, requiredIn } = table;
  const columns = columnsOf(table);
  const always = Object.entries(entity.meta.properties)
    .filter(([, { nullable }]) => !nullable)
    .map(([property]) => property as keyof R);

  const toRow = (record: object): R => {
    const row = record as R;
    const required = [...always, ...(requiredIn[row.status as R['status']] ?? [])];
    return complete(row, required, entity.meta.tableName ?? noun);
  };
  const toSeen = ({ now, askedBy, ...record }: DatabaseRecord): Seen<R> => ({
    row: toRow(record),
    now: present(now as Date | null, 'clock_timestamp()'),
    ...(askedBy === undefined ? {} : { askedBy: present(askedBy as Actor | null, 'idempotency_keys.asked_by') }),
  });
  return {
    columns,
    toRow,
    toSeen,
    toFound: (record: DatabaseRecord): Seen<R> & Beside => ({ ...beside.read(record), ...toSeen(record) }),
    statements: {
      now: sql('now', `select ${nowColumn}`),
      nowUnderKey: sql('now-under-key', `select ${nowColumn}, ${keyStateColumns} from ${keyState}`),
      read: sql(
        `${noun}-read`,
        `select ${columns}, ${beside.columns}, ${nowColumn} from ${from} where ${alias}.id = :id`,
      ),
      readUnderKey: sql(
        `${noun}-read-under-key`,
        `select ${columns}, ${beside.columns}, ${nowColumn}, ${keyStateColumns}
          from ${keyState} left join ${from} on ${alias}.id = :id`,
      ),
      answer: sql(
        `${noun}-answer`,
        `select ${columns}, kept_at as now, asked_by as "askedBy" from ${keptAnswer(String(entity.meta.tableName), alias)}`,
      ),
    } satisfies Record<string, Statement>,
  };
};

export type Reader<R extends Row, Beside extends object> = ReturnType<typeof createReader<R, Beside>>;

export const freeKey: KeyState = { keptHash: null, isFree: true };
