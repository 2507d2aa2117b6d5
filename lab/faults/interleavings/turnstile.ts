import type { Database } from '@mentor-sessions/service-kit/database';
import { intercept, openDatabase, type Intercept, type Rewrite, type Sent } from './connection.ts';

/**
 * What stands between one actor and PostgreSQL: the service's own `Database`, of which every statement, COMMIT and
 * ROLLBACK included, waits until the scheduler lets it through. BEGIN does not wait: at READ COMMITTED it takes neither
 * snapshot nor lock, so that no one can tell when it was, and the interleavings are as many fewer. Nor does DISCARD PLANS,
 * which a connection sends when it has reached a certain age.
 */
export type Turnstile = {
  readonly database: Database;
  /** The same for a step that is none of the database's. */
  readonly pass: (step: string) => Promise<void>;
  /** The step that waits; null while the actor is at work, or gone. */
  readonly waiting: () => string | null;
  readonly letThrough: () => void;
  readonly processId: number;
  readonly close: () => Promise<void>;
};

type Options = {
  readonly url: string;
  readonly onArrival: () => void;
  readonly rewrite?: Rewrite | undefined;
  /** A write that commits by itself is one step instead of two. */
  readonly wholeWrites?: boolean;
};

export const createTurnstile = async (options: Options): Promise<Turnstile> => {
  const { url, onArrival, rewrite = (text: string) => text, wholeWrites = false } = options;
  // more than one where an actor does things side by side, as the relay publishes; they pass one by one
  const arrived: { readonly step: string; readonly go: () => void }[] = [];
  const pass = (step: string): Promise<void> => {
    const { promise, resolve: go } = Promise.withResolvers<void>();
    arrived.push({ step, go });
    onArrival();
    return promise;
  };
  const database = openDatabase(url);
  const [{ pid } = { pid: 0 }] = await database.query<{ pid: number }>('select pg_backend_pid() as pid');
  await intercept(database, gated({ pass, rewrite, wholeWrites }));
  return {
    database,
    pass,
    waiting: () => arrived[0]?.step ?? null,
    letThrough: () => arrived.shift()?.go(),
    processId: pid,
    close: database.close,
  };
};

type Gate = { readonly pass: Turnstile['pass']; readonly rewrite: Rewrite; readonly wholeWrites: boolean };

const BEGIN = 'begin isolation level read committed';

const gated =
  ({ pass, rewrite, wholeWrites }: Gate): Intercept =>
  (send) => {
    let inTransaction = false;

    // A write that commits by itself holds its locks from its execution to its commit. No one can stop it in between, so
    // that its two halves are made two steps here: what others see of it is the same.
    const writeAndCommit = async (sent: Sent): Promise<unknown> => {
      await send({ text: BEGIN });
      const result = await send(sent).catch(async (error: unknown) => {
        await send({ text: 'rollback' });
        throw error;
      });
      await pass(`commit of ${labelOf(sent)}`);
      await send({ text: 'commit' });
      return result;
    };

    return async (given: Sent): Promise<unknown> => {
      const sent = { ...given, text: rewrite(given.text) };
      if (sent.text === 'discard plans') return send(sent);
      const isBegin = sent.text.startsWith('begin');
      if (!isBegin) await pass(labelOf(given));
      if (isBegin || /^(commit|rollback)/.test(sent.text)) inTransaction = isBegin;
      else if (!wholeWrites && !inTransaction && /\b(insert|update|delete)\b/.test(sent.text))
        return writeAndCommit(sent);
      return send(sent);
    };
  };

const labelOf = ({ name, text }: Sent): string => name ?? text.trim().split(/\s+/).slice(0, 4).join(' ');
