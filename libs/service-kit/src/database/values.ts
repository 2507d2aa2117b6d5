import pg from 'pg';
import { RequirementNotMet } from './errors.ts';

/** A value that is not what its type says. The driver would silently turn it into null, Infinity or NaN. */
class UnreadableValue extends Error {
  override readonly name = 'UnreadableValue';
}

type Parse = (text: string) => unknown;

const { BOOL, BYTEA, DATE, FLOAT4, FLOAT8, INT2, INT4, INT8, INTERVAL, OID, TIMESTAMP, TIMESTAMPTZ } =
  pg.types.builtins;
const TEXT_ARRAY = 1009;

const whole = /^-?\d+$/;
const float = /^(-?(\d+(\.\d+)?(e[+-]?\d+)?|Infinity)|NaN)$/;
const time = String.raw`\d{4,6}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?`;

/** Each with its arrays. As PostgreSQL writes them with the settings of each session; `infinity` and years BC are rejected. */
const types: readonly (readonly [oid: number, arrayOid: number, pattern: RegExp])[] = [
  [BOOL, 1000, /^[tf]$/],
  [INT2, 1005, whole],
  [INT4, 1007, whole],
  [INT8, 1016, whole],
  [OID, 1028, whole],
  [FLOAT4, 1021, float],
  [FLOAT8, 1022, float],
  [DATE, 1182, /^\d{4,6}-\d\d-\d\d$/],
  [TIMESTAMP, 1115, new RegExp(`^${time}$`)],
  [TIMESTAMPTZ, 1185, new RegExp(`^${time}[+-]\\d\\d(:\\d\\d){0,2}$`)],
  [INTERVAL, 1187, /^(-?\d+ (years?|mons?|days?) ?)*([+-]?\d+:\d\d:\d\d(\.\d+)?)?$/],
  [BYTEA, 1001, /^\\x([0-9a-f]{2})*$/],
];

/** Valid in PostgreSQL with any settings. */
const beyondDates = /infinity|BC$/;

const strict = (oid: number, pattern: RegExp): Parse => {
  // the driver turns a `date` into a local midnight, which is another day in another zone: leave it as text
  const parse = oid === Number(DATE) ? (text: string) => text : (pg.types.getTypeParser(oid) as Parse);
  return (text) => {
    const value = pattern.test(text) ? parse(text) : undefined;
    const isLegible = value instanceof Date ? !Number.isNaN(value.getTime()) : value !== undefined && value !== null;
    if (!isLegible) throw unreadable(oid, text);
    return value;
  };
};

const unreadable = (oid: number, text: string): Error => {
  const what = `PostgreSQL sent ${JSON.stringify(text.slice(0, 60))} as a value of type ${oid}`;
  const isOfDates = [DATE, TIMESTAMP, TIMESTAMPTZ].includes(oid);
  if (isOfDates && beyondDates.test(text)) return new UnreadableValue(`${what}: no date that can be shown`);
  return new RequirementNotMet(
    `${what}, which is not as this session's settings have it: a pooler or a function must not change DateStyle, IntervalStyle or bytea_output`,
  );
};

const each = (value: unknown, parse: Parse): unknown => {
  if (Array.isArray(value)) return value.map((one) => each(one, parse));
  return typeof value === 'string' ? parse(value) : value;
};

const strictArray = (element: Parse): Parse => {
  const texts = pg.types.getTypeParser(TEXT_ARRAY as never) as Parse;
  return (text) => each(texts(text), element);
};

const parsers = new Map<number, Parse>();
for (const [oid, arrayOid, pattern] of types) {
  const parse = strict(oid, pattern);
  parsers.set(oid, parse).set(arrayOid, strictArray(parse));
}

/** For a pool or a client: a value that is not what its type says throws where it is read. */
export const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary'): unknown =>
  (format !== 'binary' && parsers.get(oid)) || pg.types.getTypeParser(oid, format);

// A driver or a setting can turn a value into null, such as a date in an unknown style. Code that takes this null for
// "absent" silently loses data, so a value that cannot be missing throws where it is read.

/** The value, which the schema says cannot be null. */
export const present = <T>(value: T | null | undefined, what: string): T => {
  if (value === null || value === undefined) throw new Error(`${what} is null, which cannot be`);
  return value;
};

/** The row of a statement that always returns one. */
export const onlyRow = <Row>(rows: readonly Row[], what: string): Row => {
  const [row] = rows;
  if (!row) throw new Error(`${what}: query returned no row`);
  return row;
};

/** The value of a statement that always returns one row with one column. */
export const onlyValue = <T>(rows: readonly object[], what: string): T =>
  present(Object.values(onlyRow(rows, what))[0] as T | null, what);

/** The row itself, if each of these columns has a value. */
export const complete = <Row extends object>(row: Row, columns: readonly (keyof Row)[], table: string): Row => {
  for (const column of columns) present(row[column], `${table}.${String(column)}`);
  return row;
};
