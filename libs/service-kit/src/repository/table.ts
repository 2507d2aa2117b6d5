import type { EntitySchema } from '@mikro-orm/postgresql';
import type { Actor } from '../actor.ts';
import { complete, present } from '../database.ts';
import type { NotFound } from '../errors.ts';

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
  /** Properties that changes set. The others come with a new row, or from the table's defaults. */
  readonly changing: readonly (keyof R & string)[];
  /** Properties that have a value in this status, beside those that always have one. */
  readonly requiredIn: Readonly<Record<R['status'], readonly (keyof R & string)[]>>;
  readonly notFound: () => NotFound;
};

export type DatabaseRecord = Readonly<Record<string, unknown>>;

export const nowColumn = `date_trunc('milliseconds', clock_timestamp()) as now`;

/** A property of an entity, its column, and the column's type. */
export type Column = { readonly property: string; readonly column: string; readonly type: string };

const sqlTypes: Readonly<Record<string, string>> = {
  UuidType: 'uuid',
  TextType: 'text',
  IntegerType: 'integer',
  DateTimeType: 'timestamptz',
  JsonType: 'jsonb',
};

const columnOf = (property: string): string => property.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const allColumns = (entity: EntitySchema): Column[] =>
  Object.entries<{ enum?: boolean; type: unknown }>(entity.meta.properties).map(([property, meta]) => {
    const type = meta.enum ? 'text' : sqlTypes[(meta.type as { name?: string }).name ?? ''];
    if (!type) throw new TypeError(`no SQL type for the property ${property}`);
    return { property, column: columnOf(property), type };
  });

/** The columns of the entity's table, named as its properties. `row`: an alias, or a composite value in parentheses. */
export const columnsOf = ({ entity, alias }: Pick<Table<Row>, 'entity' | 'alias'>, row = alias): string =>
  allColumns(entity)
    .map(({ property, column }) => `${row}.${column} as "${property}"`)
    .join(', ');

/** Columns that a change sets. */
export const changedColumns = <R extends Row>({ entity, changing }: Pick<Table<R>, 'entity' | 'changing'>): Column[] =>
  allColumns(entity).filter(({ property }) => (changing as readonly string[]).includes(property));

/** Columns that a new row is given; its status and version come from the table's defaults. */
export const givenColumns = <R extends Row>({ entity, changing }: Pick<Table<R>, 'entity' | 'changing'>): Column[] =>
  allColumns(entity).filter(
    ({ property }) => property !== 'createdAt' && !(changing as readonly string[]).includes(property),
  );

/** How rows are read. A row that lacks a value which the table demands of it throws. */
export const createReader = <R extends Row, Beside extends object>(table: Table<R, Beside>) => {
  const { noun, entity, beside, requiredIn } = table;
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
    toRow,
    toSeen,
    toFound: (record: DatabaseRecord): Seen<R> & Beside => ({ ...beside.read(record), ...toSeen(record) }),
  };
};
