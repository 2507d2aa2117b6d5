import type pg from 'pg';

export type RecordedStatement = { readonly text: string; readonly values: unknown[] };

/** Records every statement of the pool's connections from now on, in order, with the SQL that an ORM generates. */
export const recordStatements = (pool: pg.Pool): RecordedStatement[] => {
  const sent: RecordedStatement[] = [];
  pool.on('connect', (client) => {
    const send = client.query.bind(client) as (...given: unknown[]) => unknown;
    const recording = (...given: unknown[]): unknown => {
      const [statement, values] = given as [string | RecordedStatement, unknown[]?];
      sent.push(typeof statement === 'string' ? { text: statement, values: values ?? [] } : statement);
      return send(...given);
    };
    Object.assign(client, { query: recording });
  });
  return sent;
};
