import type pg from 'pg';
import { OutcomeUnknown, Unavailable } from '../errors.ts';
import { refuseWithoutStandby } from './durability.ts';
import { run, withConnection, type Statement } from './connection.ts';
import { isUnavailable } from './errors.ts';
import { lookUp } from './look-up.ts';
import { sessionOf, type Session } from './session.ts';
import type { Values } from './sql.ts';

/** Whether the statement took effect: its rows if it did, none if it did not, null if that cannot be told. */
type ReadBack<Row> = () => Promise<Row[] | null>;

class AnswerLost extends Error {
  readonly session: Session | undefined;

  constructor(session: Session | undefined, cause: unknown) {
    super('the answer of the database was lost', { cause });
    this.session = session;
  }
}

type Write<Row> = {
  readonly statement: Statement;
  readonly values: Values;
  readonly readBack: ReadBack<Row>;
};

/** One statement that commits by itself; a lost answer is looked up instead of guessed. */
export const writeOnce = async <Row extends object>(pool: pg.Pool, write: Write<Row>): Promise<Row[]> => {
  await refuseWithoutStandby(pool);
  try {
    // fault point: api.deciding
    const rows = (await send(pool, write)) as Row[];
    // fault point: api.committed
    return rows;
  } catch (error) {
    if (!(error instanceof AnswerLost)) throw error;
    return verdict(await lookUp(pool, error.session, write.readBack), error);
  }
};

const send = (pool: pg.Pool, { statement, values }: Pick<Write<object>, 'statement' | 'values'>): Promise<object[]> =>
  withConnection(pool, async (connection) => {
    try {
      return (await run(connection, statement, values)).rows;
    } catch (error) {
      if (connection.lost && isUnavailable(error)) throw new AnswerLost(sessionOf(connection.client), error);
      throw error;
    }
  });

const verdict = <Row>(rows: Row[] | null, { cause }: AnswerLost): Row[] => {
  if (rows === null) throw new OutcomeUnknown('The answer of the database was lost.', { cause });
  if (rows.length === 0) throw new Unavailable('The database was lost; nothing was changed.', { cause });
  return rows;
};
