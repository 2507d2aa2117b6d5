import { createDatabase, type Database } from '@mentor-sessions/service-kit/database';
import { createLogger } from '@mentor-sessions/service-kit/log';

export type Sent = { readonly text: string; readonly name?: string };
export type Send = (sent: Sent) => Promise<unknown>;
/** Wraps the function that sends a statement. */
export type Intercept = (send: Send) => Send;

/** Changes the text of a statement before it is sent, for planted bugs. */
export type Rewrite = (text: string) => string;

const log = createLogger({ service: 'interleavings', role: 'test', level: 'silent' });

/** The services' own `Database`, on one connection. */
export const openDatabase = (url: string): Database =>
  createDatabase({ url, applicationName: 'interleavings', poolMax: 1, log });

/** Wraps the pool's only connection, which stays open as long as the database. */
export const intercept = async ({ pool }: Database, around: Intercept): Promise<void> => {
  const client = await pool.connect();
  const send = client.query.bind(client) as unknown as Send;
  Object.assign(client, { query: around(send) });
  client.release();
};

export const rewriting =
  (rewrite: Rewrite): Intercept =>
  (send) =>
  (sent) =>
    send({ ...sent, text: rewrite(sent.text) });
