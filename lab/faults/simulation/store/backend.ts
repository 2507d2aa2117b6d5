import { inboxStatements } from './inbox-statements.ts';
import { outboxStatements, type Execute } from './outbox-statements.ts';
import { sessionStatements } from './session-statements.ts';
import { connectionLost, serverError } from './errors.ts';
import type { Answer, Backend, Query, StatementFate, Store } from './store.ts';
import { beginTx, endTx, isDeadlock, type Steps, type Tx } from './transaction.ts';

const LOCK_TIMEOUT_MS = 3_000;
const NO_ROWS = { command: 'SELECT', rows: [] };

const byName: Readonly<Record<string, Execute>> = { ...outboxStatements, ...inboxStatements, ...sessionStatements };

// eslint-disable-next-line require-yield -- it never waits
function* notify(store: Store): Steps<object[]> {
  for (const listener of store.listeners) if (store.isHeard?.() ?? true) listener();
  return [];
}

// eslint-disable-next-line require-yield -- it never waits
function* terminate(store: Store, _tx: Tx, [processId]: readonly unknown[]): Steps<object[]> {
  const victim = [...store.backends].find((backend) => backend.processId === processId);
  victim?.end();
  return [{ ended: true }];
}

// eslint-disable-next-line require-yield -- it never waits
function* nothing(): Steps<object[]> {
  return [];
}

const byText: readonly (readonly [RegExp, Execute])[] = [
  [
    /^select 1$|^discard plans$|outbox_published_make_partitions|pg_logical_emit_message|wait_event = 'SyncRep'/,
    nothing,
  ],
  [/^notify outbox$/, notify],
  [/pg_terminate_backend/, terminate],
];

const executeOf = ({ name, text }: Query): Execute => {
  const known = byName[name] ?? byText.find(([pattern]) => pattern.test(text))?.[1];
  if (!known) throw new Error(`the simulated store does not know the statement ${name || text}`);
  return known;
};

const injected: Readonly<Partial<Record<StatementFate, () => Error>>> = {
  deadlock: () => serverError('40P01', 'deadlock detected'),
  timeout: () => serverError('57014', 'canceling statement due to statement timeout'),
  terminated: () => serverError('57P01', 'terminating connection due to administrator command', { severity: 'FATAL' }),
  'disk full': () => serverError('53100', 'could not extend file: No space left on device'),
};

let processes = 0;

/** READ COMMITTED, one statement at a time, with row locks, lock timeout and deadlock detection. */
export const createBackend = (store: Store): Backend => {
  const { scheduler } = store;
  const own = scheduler.pipe(null);
  const processId = (processes += 1);
  let alive = true;
  let block: Tx | null = null;
  let idleSince = 0;

  const run = (tx: Tx, steps: Steps<object[]>, done: (answer: Answer) => void): void => {
    let timeout: ReturnType<typeof scheduler.timer> | null = null;
    const finish = (answer: Answer): void => {
      tx.waitsFor = null;
      if (timeout) timeout.run = null;
      done(answer);
    };
    const advance = (): void => {
      if (tx.ended) return;
      let next;
      try {
        next = steps.next();
      } catch (error) {
        return finish(error as Error);
      }
      if (next.done) return finish({ command: 'SELECT', rows: next.value });
      if (isDeadlock(tx, next.value)) return finish(serverError('40P01', 'deadlock detected'));
      tx.waitsFor = next.value;
      next.value.waiters.push(() => own.push(resume));
      timeout ??= scheduler.timer(null, LOCK_TIMEOUT_MS, () => {
        if (tx.waitsFor) finish(serverError('55P03', 'canceling statement due to lock timeout'));
      });
    };
    const resume = (): void => {
      if (!tx.waitsFor) return;
      tx.waitsFor = null;
      advance();
    };
    advance();
  };

  const end = (): void => {
    if (!alive) return;
    alive = false;
    store.backends.delete(backend);
    if (block) endTx(block, false);
    block = null;
  };

  const endBlock = (commits: boolean): Answer => {
    const tx = block;
    block = null;
    if (!tx) return { ...NO_ROWS, command: commits ? 'COMMIT' : 'ROLLBACK' };
    const committed = commits && !tx.failed;
    endTx(tx, committed);
    return { ...NO_ROWS, command: committed ? 'COMMIT' : 'ROLLBACK' };
  };

  const control = (text: string): Answer | null => {
    if (text === 'commit' || text === 'rollback') return endBlock(text === 'commit');
    if (!text.startsWith('begin')) return null;
    block = beginTx(store.time().getTime());
    return { ...NO_ROWS, command: 'BEGIN' };
  };

  const statement = (query: Query, answer: (answer: Answer) => void): void => {
    if (block?.failed) return answer(serverError('25P02', 'current transaction is aborted'));
    const tx = block ?? beginTx(store.time().getTime());
    run(tx, executeOf(query)(store, tx, query.values), (result) => {
      if (result instanceof Error) tx.failed = true;
      if (!block) endTx(tx, !tx.failed);
      answer(result);
    });
  };

  /** The state after an injected failure. */
  const fail = (fate: StatementFate, text: string): Error => {
    if (fate === 'terminated') end();
    else if (text === 'commit') endBlock(false);
    else if (block) block.failed = true;
    return (injected[fate] ?? connectionLost)();
  };

  const backend: Backend = {
    processId,
    isAlive: () => alive,
    end,
    idleInTransaction: () => (block && !block.waitsFor ? scheduler.now() - idleSince : 0),
    execute: (query, answer) => {
      if (!alive) return;
      const said = (result: Answer): void => {
        idleSince = scheduler.now();
        answer(result);
      };
      const fate = store.fateOf?.(query.name || query.text) ?? 'fine';
      if (fate !== 'fine' && fate !== 'done, answer lost' && query.text !== 'rollback')
        return said(fail(fate, query.text));
      const finish = (result: Answer): void => {
        if (fate !== 'done, answer lost') return said(result);
        end();
        answer(connectionLost());
      };
      const done = control(query.text);
      if (done) finish(done);
      else statement(query, finish);
    },
  };
  store.backends.add(backend);
  return backend;
};
