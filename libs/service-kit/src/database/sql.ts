/** `name` makes it prepared once per connection: the same name always with the same text. */
export type Statement = {
  readonly name: string;
  readonly text: string;
  /** Names of its parameters, $1 first, if `sql()` made it. */
  readonly parameters?: readonly string[];
};

export type Values = readonly unknown[] | Readonly<Record<string, unknown>>;

/**
 * A prepared statement with named parameters: `sql('thing-read', 'select … where id = :id')` is sent with
 * `db.query(read, { id })`. The driver numbers parameters, and here alone they are counted.
 */
export const sql = (name: string, text: string): Statement => {
  const parameters: string[] = [];
  const numbered = text.replaceAll(/(?<![:\w]):([a-zA-Z]\w*)/g, (_, parameter: string) => {
    if (!parameters.includes(parameter)) parameters.push(parameter);
    return `$${parameters.indexOf(parameter) + 1}`;
  });
  return { name, text: numbered, parameters };
};

/**
 * A parameter that is an array of any length. In a sub-select, because the planner would look at its length: it would take
 * the plan for one row to be cheaper than the prepared one, and plan the statement again each time, for a millisecond.
 */
export const array = (parameter: string, type: string): string => `(select :${parameter}::${type}[])`;

/** As the driver takes them. A parameter without a value throws: the driver would send null. */
export const numberedValues = (statement: Statement | string, values: Values): unknown[] => {
  if (Array.isArray(values)) return values;
  const given = values as Readonly<Record<string, unknown>>;
  if (typeof statement === 'string' || !statement.parameters)
    throw new TypeError('named values need a statement made by sql()');
  return statement.parameters.map((parameter) => {
    if (given[parameter] === undefined) throw new TypeError(`${statement.name}: no value for :${parameter}`);
    return given[parameter];
  });
};
