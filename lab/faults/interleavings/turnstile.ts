import { intercept, openDatabase, type Intercept, type Rewrite, type Sent } from './connection.ts';

type Options = {
  readonly url: string;
  readonly onArrival: () => void;
  readonly rewrite?: Rewrite | undefined;
  /** An autocommit write is one step instead of two. */
  readonly wholeWrites?: boolean;
};

/**
 * The service's own `Database` for one actor, in which every statement, including COMMIT and
 * ROLLBACK, waits for the scheduler. BEGIN does not wait: at READ COMMITTED it takes neither
 * snapshot nor lock, so its time does not matter. Nor does DISCARD PLANS,
 * which connections send at certain ages.
 */
export const createTurnstile = async (options: Options) => {
  const { url, onArrival, rewrite = (text: string) => text, wholeWrites = false } = options;
  // several if an actor works in parallel, as the relay does when it publishes; they pass one by one
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
    /** For a step that is not a statement. */
    pass,
    /** The waiting step; null while the actor runs or has ended. */
    waiting: () => arrived[0]?.step ?? null,
    letThrough: () => arrived.shift()?.go(),
    processId: pid,
    close: database.close,
  };
};

export type Turnstile = Awaited<ReturnType<typeof createTurnstile>>;

type Gate = { readonly pass: Turnstile['pass']; readonly rewrite: Rewrite; readonly wholeWrites: boolean };

const BEGIN = 'begin isolation level read committed';

const gated =
  ({ pass, rewrite, wholeWrites }: Gate): Intercept =>
  (send) => {
    let inTransaction = false;

    // An autocommit write holds its locks from execution to commit and cannot be stopped in between, so
    // it becomes a transaction with two steps here, which looks the same to others.
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
