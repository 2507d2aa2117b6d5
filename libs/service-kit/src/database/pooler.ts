import pg from 'pg';
import { RequirementNotMet } from './errors.ts';

type Backend = { readonly pid: number; readonly backendStart: string };

const SENTENCE =
  'a pooler gives one session of PostgreSQL to several clients (transaction or statement mode): prepared statements, LISTEN and settings need a session of their own; set pool_mode = session for this database and user, or connect to PostgreSQL itself';

const ROUNDS = 3;

/** The client of this process that uses a backend. */
const holders = new Map<string, pg.ClientBase>();
/** Until when a pooler is trusted to give each client a session of its own; its configuration may change. */
const trustedUntil = new Map<string, number>();
const TRUST_MS = 10_000;

const keyOf = ({ pid, backendStart }: Backend): string => `${pid} ${backendStart}`;

/** A pooler sends its own key data instead of the backend's. */
const isPooled = (client: pg.ClientBase, { pid }: Backend): boolean =>
  (client as { processID?: number | null }).processID !== pid;

/** Throws when this client shares its session with others. */
export const refuseSharedSession = async (client: pg.ClientBase, session: Backend, withinMs: number): Promise<void> => {
  const address = addressOf(client);
  if (isHeldByAnother(client, session)) trustedUntil.delete(address);
  if (isPooled(client, session) && (trustedUntil.get(address) ?? 0) < performance.now()) {
    const verdict = await probe(client, withinMs);
    if (verdict === 'shared') throw new RequirementNotMet(SENTENCE);
    if (verdict === 'own') trustedUntil.set(address, performance.now() + TRUST_MS);
  }
  holders.set(keyOf(session), client);
  client.once('end', () => {
    if (holders.get(keyOf(session)) === client) holders.delete(keyOf(session));
  });
};

const isHeldByAnother = (client: pg.ClientBase, session: Backend): boolean =>
  (holders.get(keyOf(session)) ?? client) !== client;

/** For a client that has another backend than the one it was opened with. */
export const refuseChangedSession = (client: pg.ClientBase): never => {
  trustedUntil.delete(addressOf(client));
  throw new RequirementNotMet(SENTENCE);
};

/** After an error that another client's statements in this session would explain: probe again with the next connection. */
export const doubtPooler = (client: pg.ClientBase): void => void trustedUntil.delete(addressOf(client));

type Address = { user?: string; host: string; port: number; database?: string; password?: string; ssl: boolean };

const addressOf = (client: pg.ClientBase): string => {
  const { host, port, database, user } = client as unknown as Address;
  return `${host}:${port}/${database}?${user}`;
};

/**
 * Two clients take turns, with and without an open transaction. With sessions of their own each gets the same backend every
 * time, and never the other's.
 */
const probe = async (client: pg.ClientBase, withinMs: number): Promise<'own' | 'shared' | 'unknown'> => {
  const { user, host, port, database, password, ssl } = client as unknown as Address;
  const limits = { connectionTimeoutMillis: withinMs, query_timeout: withinMs };
  const twin = new pg.Client({ user, host, port, database, password, ssl, ...limits });
  twin.on('error', () => undefined);
  try {
    await twin.connect();
    return (await takeTurns(client, twin)) ? 'own' : 'shared';
  } catch (error) {
    // Statement mode rejects `begin`. Without a second session in time, the pooler has none to share either.
    return error instanceof pg.DatabaseError && /transaction block/i.test(error.message) ? 'shared' : 'unknown';
  } finally {
    await twin.end().catch(() => undefined);
  }
};

const takeTurns = async (client: pg.ClientBase, twin: pg.Client): Promise<boolean> => {
  const [own, other] = [await backendOf(client), await backendOf(twin)];
  if (own === other) return false;
  for (let round = 0; round < ROUNDS; round++) {
    await twin.query('begin');
    const inTransaction = [await backendOf(twin), await backendOf(client)];
    await twin.query('commit');
    const after = [await backendOf(twin), await backendOf(client)];
    if ([...inTransaction, ...after].join() !== [other, own, other, own].join()) return false;
  }
  return true;
};

const backendOf = async (client: pg.ClientBase): Promise<string> => {
  const text = 'select pg_backend_pid() as pid';
  return String((await client.query<{ pid: number }>(text)).rows[0]?.pid);
};
