// A driver or a setting can turn a value into null (a date in an unknown style, say). Code that takes such a null for
// "nothing there" loses data without a trace, so a value that cannot be missing throws where it is read.

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

/** The row itself, once each of these columns is known to have a value. */
export const complete = <Row extends object>(row: Row, columns: readonly (keyof Row)[], table: string): Row => {
  for (const column of columns) present(row[column], `${table}.${String(column)}`);
  return row;
};
