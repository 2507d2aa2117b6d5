import type pg from 'pg';

export type RecordedStatement = { readonly text: string; readonly values: unknown[] };

/** Every statement that the pool's connections send from now on, in order: what an ORM makes of a query is only seen here. */
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
