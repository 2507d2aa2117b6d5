import { array, sql } from '../database.ts';
import { keptAnswer, keyLock } from '../idempotency.ts';
import type { Outbox } from '../outbox.ts';
import { changedColumns, columnsOf, givenColumns, nowColumn, type Column, type Row, type Table } from './table.ts';

/** Rules of the database that a statement checks by itself, so that the constraint decides races only. */
export type Guards = {
  /** Constraint → SQL that is true when `asked`, a new row, breaks it. */
  readonly insert?: Readonly<Record<string, string>>;
  /** Constraint → SQL that is true when a change breaks it: `asked` is the row after it, the table's alias the row before. */
  readonly update?: Readonly<Record<string, string>>;
};

type Options<R extends Row, Beside extends object> = {
  readonly table: Table<R, Beside>;
  readonly guards: Guards;
  readonly outbox: Pick<Outbox<never>, 'insertFor'>;
};

/**
 * A statement for a batch passes over what another holds: a locked row, a key or a turn in use. The one for a command alone
 * waits for it.
 */
export type Mode = 'batch' | 'alone';

const parametersOf = (columns: readonly Column[]): string =>
  columns.map(({ property, type }) => array(property, type)).join(', ');
const namesOf = (columns: readonly Column[]): string => columns.map(({ column }) => column).join(', ');

/** What comes with each command beside its row. */
export const ofCommands: readonly Column[] = [
  { property: 'turn', column: 'turn', type: 'text' },
  { property: 'keyUser', column: 'key_user', type: 'uuid' },
  { property: 'key', column: 'key', type: 'text' },
  { property: 'requestHash', column: 'request_hash', type: 'bytea' },
  { property: 'askedBy', column: 'asked_by', type: 'json' },
];

/** The first of these rules that a command breaks. One command alone in its batch may break the constraint itself. */
const firstBroken = (rules: Readonly<Record<string, string>> = {}): string => {
  const cases = Object.entries(rules).map(([constraint, isBroken]) => `when ${isBroken} then '${constraint}'`);
  return cases.length > 0
    ? `case when (select count(*) = 1 from asked) then null ${cases.join(' ')} end`
    : 'null::text';
};

/**
 * The statements of one table. Each finds rows in a lateral sub-select with a limit, so that its plan is one index scan for
 * each command, whatever the tables held when it was planned. Each takes any number of rows or commands, as arrays, and says in
 * `n` which one it means.
 */
export const createStatements = <R extends Row, Beside extends object>(options: Options<R, Beside>) => {
  const { table, guards, outbox } = options;
  const { noun, entity, from, alias, beside, requiredIn } = table;
  const name = entity.meta.tableName ?? noun;
  const [given, changed] = [givenColumns(table), changedColumns(table)];

  const id = given.filter(({ property }) => property === 'id');
  const suffix = { batch: '', alone: '-alone' };

  /** The commands as rows, numbered from 1. */
  const askedWith = (columns: readonly Column[]): string => `
      asked as materialized (
        select * from unnest(${parametersOf([...columns, ...ofCommands])})
          with ordinality as asked (${namesOf([...columns, ...ofCommands])}, n))`;

  const gets = (lock: string, mode: Mode): string =>
    mode === 'batch' ? `pg_try_advisory_xact_lock(${lock})` : `pg_advisory_xact_lock(${lock}) is not null`;

  const hasKey = (mode: Mode): string => `(asked.key is null or ${gets(keyLock('asked'), mode)} and (
          select true from idempotency_keys used where used.user_id = asked.key_user and used.key = asked.key limit 1) is null)`;

  const hasTurn = (mode: Mode): string => `(turn is null or ${gets('hashtextextended(turn, 0)', mode)})`;

  const rowAsRead = (lock: string): string => `lateral (
          select * from ${name} ${alias}
          where ${alias}.id = asked.id and ${alias}.version = asked.version - 1 limit 1 ${lock}) ${alias}`;

  /** The event and the kept answer of each command that was written. */
  const consequences = `
      enqueued as (${outbox.insertFor('written')}),
      kept as (
        insert into idempotency_keys (user_id, key, request_hash, asked_by, answer)
        select key_user, key, request_hash, asked_by, row_to_json(written."row")
        from written join asked using (n) where key is not null)`;

  const insert = (mode: Mode) =>
    sql(
      `${noun}-insert${suffix[mode]}`,
      `with ${askedWith(given)},
      ready as materialized (select n, ${firstBroken(guards.insert)} as rule from asked where ${hasKey(mode)}),
      made as (
        insert into ${name} (${namesOf(given)})
        select ${namesOf(given)} from ready join asked using (n) where rule is null order by n
        returning *),
      written as (select asked.n, made as "row" from made join asked using (id)),
      ${consequences}
      select ready.n::integer, coalesce(rule, 'written') as outcome, ${columnsOf(table, '(written."row")')}
      from ready left join written using (n)`,
    );

  /** Which commands may be carried out. */
  const ready = {
    batch: `
      ready as materialized (
        select n, ${firstBroken(guards.update)} as rule from asked, ${rowAsRead('for update skip locked')}
        where ${hasKey('batch')} and ${hasTurn('batch')})`,
    // the turn last: no one keeps it while waiting for a row
    alone: `
      locked as materialized (select n, turn from asked, ${rowAsRead('for update')} where ${hasKey('alone')}),
      ready as materialized (select n, null::text as rule from locked where ${hasTurn('alone')})`,
  };

  const update = (mode: Mode) =>
    sql(
      `${noun}-update${suffix[mode]}`,
      `with ${askedWith([...id, ...changed])},
      ${ready[mode]},
      written as (
        update ${name} ${alias} set ${changed.map(({ column }) => `${column} = asked.${column}`).join(', ')}
        from ready join asked using (n)
        where rule is null and ${alias}.id = asked.id
        returning n, ${alias} as "row"),
      ${consequences}
      select n::integer, coalesce(rule, 'written') as outcome from ready`,
    );

  return {
    /** Rows by id, the database's time, and what is known of an Idempotency-Key; for a row that is to be made, no id. */
    read: sql(
      `${noun}-read`,
      `select asked.n::integer, ${nowColumn}, found.*, used.request_hash as "keptHash",
        asked.key is null or pg_try_advisory_xact_lock_shared(${keyLock('asked')}) as "isFree"
      from unnest(${array('id', 'uuid')}, ${array('keyUser', 'uuid')}, ${array('key', 'text')}) with ordinality as asked (id, key_user, key, n)
      left join lateral (
        select request_hash from idempotency_keys where user_id = asked.key_user and key = asked.key limit 1) used on true
      left join lateral (
        select ${columnsOf(table)}, ${beside.columns} from ${from} where ${alias}.id = asked.id limit 1) found on true`,
    ),
    /** Rows that stay as they are until the transaction ends; those that are being changed are passed over. */
    lockForTimer: sql(
      `${name}-lock-for-timer`,
      `select ${columnsOf(table)}, ${beside.columns}, now() as now
      from ${from} where ${alias}.id = any(:ids::uuid[]) order by ${alias}.id for no key update of ${alias} skip locked`,
    ),
    /** In the order of the lifecycle: a clock that was set back counts for nothing. */
    history: sql(
      `${noun}-history`,
      `select from_status as "from", to_status as "to", actor_user_id as "by", at from ${noun}_transitions
      where ${noun}_id = :id order by array_position(array['${Object.keys(requiredIn).join("', '")}'], to_status)`,
    ),
    /** As of the write, as the first answer was. */
    answer: sql(
      `${noun}-answer`,
      `select ${columnsOf(table)}, ${alias}.updated_at as now, asked_by as "askedBy" from ${keptAnswer(name, alias)}`,
    ),
    insert: { batch: insert('batch'), alone: insert('alone') },
    update: { batch: update('batch'), alone: update('alone') },
  };
};

export type Statements = ReturnType<typeof createStatements>;
