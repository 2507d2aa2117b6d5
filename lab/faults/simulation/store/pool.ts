import type pg from 'pg';
import { rememberSession } from '@mentor-sessions/service-kit/database/session';
import type { Owner, Pipe, Timer } from '../clock/scheduler.ts';
import { createBackend } from './backend.ts';
import { connectionLost } from './errors.ts';
import type { Answer, Backend, Store } from './store.ts';

/** One connection to the store, for the code that breaks it. */
export type StoreLink = {
  readonly owner: Owner | null;
  readonly backend: Backend;
  readonly toServer: Pipe;
  readonly toClient: Pipe;
  /** Drops everything from now on without an error: what waits for a response times out. */
  goSilent(): void;
  /** Fails what waits for a response. */
  lose(error: Error): void;
};

type Network = {
  readonly store: Store;
  readonly owner: Owner | null;
  readonly links: Set<StoreLink>;
  readonly onOpened?: (client: object) => void;
};
type Config = { readonly name?: string; readonly text: string; readonly values?: readonly unknown[] };

const CONNECT_TIMEOUT_MS = 2_000;
const QUERY_TIMEOUT_MS = 6_000;

const isFatal = (answer: Answer): boolean =>
  answer instanceof Error &&
  ((answer as { severity?: string }).severity === 'FATAL' || answer.message.startsWith('Connection terminated'));

const createClient = ({ store, owner, links }: Network, idle: unknown[]) => {
  const { scheduler } = store;
  const [toServer, toClient] = [scheduler.pipe(null), scheduler.pipe(owner)];
  const backend = createBackend(store);
  let settle: ((answer: Answer) => void) | null = null;
  let lost = false;
  let released = true;
  let silent = false;
  let timeout: Timer | null = null;

  const lose = (error: Error): void => {
    if (lost) return;
    lost = true;
    links.delete(link);
    const at = idle.indexOf(client);
    if (at >= 0) idle.splice(at, 1);
    settle?.(error);
  };
  const giveUpInTime = (): void => {
    timeout ??= scheduler.timer(owner, QUERY_TIMEOUT_MS, () => settle?.(new Error('Query read timeout')));
  };
  const goSilent = (): void => {
    silent = true;
    if (settle) giveUpInTime();
  };
  const link: StoreLink = { owner, backend, toServer, toClient, goSilent, lose };

  const query = ({ name = '', text, values = [] }: Config): Promise<unknown> =>
    new Promise((resolve, reject) => {
      if (lost) return reject(new Error('Client has encountered a connection error and is not queryable'));
      settle = (answer) => {
        settle = null;
        if (timeout) timeout.run = null;
        timeout = null;
        if (isFatal(answer)) lose(answer as Error);
        if (answer instanceof Error) reject(answer);
        else resolve(answer);
      };
      const answered = (answer: Answer): void => toClient.push(() => settle?.(answer));
      toServer.push(() => backend.execute({ name, text, values }, answered));
      if (silent) giveUpInTime();
    });

  const client = {
    query,
    taken: () => void (released = false),
    release: (broken?: boolean): void => {
      if (released) return;
      released = true;
      if (!broken && !lost) return void idle.push(client);
      lose(connectionLost());
      toServer.push(backend.end);
    },
  };
  rememberSession(client, {
    pid: backend.processId,
    backendStart: '',
    postmasterStart: '',
    serverLife: '',
    openedAt: performance.now(),
  });
  links.add(link);
  return client;
};

/** The part of pg's pool that libs/service-kit uses. */
export const createPool = (network: Network): pg.Pool => {
  const { store, owner } = network;
  const { scheduler } = store;
  const idle: unknown[] = [];
  const take = (client: ReturnType<typeof createClient>) => {
    client.taken();
    return client;
  };
  const opened = () => {
    const client = createClient(network, idle);
    network.onOpened?.(client);
    return client;
  };
  const open = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const patience = scheduler.timer(owner, CONNECT_TIMEOUT_MS, () =>
        reject(new Error('timeout exceeded when trying to connect')),
      );
      const answered = scheduler.pipe(owner);
      scheduler.pipe(null).push(() => {
        const isDown = store.isDown;
        answered.push(() => {
          patience.run = null;
          if (isDown) reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
          else resolve(take(opened()));
        });
      });
    });
  const connect = async (): Promise<unknown> => {
    const client = idle.pop() as ReturnType<typeof createClient> | undefined;
    return client ? take(client) : open();
  };
  return { connect } as unknown as pg.Pool;
};

/** The network breaks: some messages in flight arrive, then both sides see the connection closed. */
export const cutLink = (
  { backend, toServer, toClient, lose }: StoreLink,
  surviving: { toServer: number; toClient: number },
): void => {
  toServer.drop(surviving.toServer);
  toClient.drop(surviving.toClient);
  toServer.hold(0);
  toClient.hold(0);
  toServer.push(backend.end);
  toClient.push(() => lose(connectionLost()));
};
