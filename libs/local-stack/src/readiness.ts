import { connect as openSocket } from 'node:net';
import { connect } from 'amqplib';
import type { Backing, Broker, PostgresServer, Versions } from './servers.ts';
import { query } from './databases.ts';
import { eventually, retry, type EventuallyOptions } from './eventually.ts';
import type { Launched } from './launch.ts';

/** The process ended before it was ready, e.g. because its port was taken meanwhile. */
class EndedEarly extends Error {
  override name = 'EndedEarly';
}

/** Undefined: it is not a process of this machine. */
type Process = Pick<Launched, 'hasExited' | 'log'> | undefined;

/** Repeats `check` as `eventually` does. An error has the end of the log; it comes at once if the process exits. */
export const untilReady = async <T>(
  name: string,
  process: Process,
  check: () => Promise<T | undefined>,
  options: EventuallyOptions,
): Promise<T> => {
  let hasExited = false;
  const attempt = async () => (hasExited = process?.hasExited() ?? false) || check();
  const lastLines = () => process?.log().trimEnd().split('\n').slice(-12).join('\n') ?? '';
  const seen = await eventually(attempt, { describe: `${name} is ready`, ...options }).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${lastLines()}`, { cause: error });
  });
  if (hasExited) throw new EndedEarly(`${name} exited before it was ready:\n${lastLines()}`);
  return seen as T;
};

export const waitForPostgres = async (url: string, process?: Process): Promise<void> =>
  void (await untilReady('PostgreSQL', process, () => query(url, 'select'), { within: 60_000, every: 100 }));

const acceptsConnections = (url: URL): Promise<true> =>
  new Promise((resolve, reject) => {
    const socket = openSocket({ host: url.hostname, port: Number(url.port || 5672), timeout: 2_000 });
    socket.once('connect', () => socket.destroy() && resolve(true));
    socket.once('timeout', () => socket.destroy(new Error('timeout')));
    socket.once('error', reject);
  });

/** Both must answer: the management API is up a little before the AMQP listener. */
export const waitForRabbitmq = async (
  amqpUrl: string,
  ask: () => Promise<unknown>,
  process?: Process,
): Promise<void> => {
  const answers = () => ask().then(() => acceptsConnections(new URL(amqpUrl)));
  await untilReady('RabbitMQ', process, answers, { within: 120_000, every: 100 });
};

/** A port that was free a moment ago can be taken now: tries again, up to six times. `start` picks the port. */
export const onAnotherPortIfTaken = <T>(start: () => Promise<T>): Promise<T> =>
  retry(start, { tries: 6, if: (error) => error instanceof EndedEarly, pauseMs: 250 });

export const readVersions = async (adminUrl: string, amqpUrl: string): Promise<Versions> => {
  const [row] = await query<{ server_version: string }>(adminUrl, 'show server_version');
  const connection = await connect(amqpUrl);
  const { version } = connection.connection.serverProperties; // from the handshake
  await connection.close();
  return { postgres: row?.server_version.split(' ')[0] ?? 'of unknown version', rabbitmq: version };
};

type Ending<S> = {
  readonly end: (server: S) => Promise<void>;
  readonly afterwards?: (() => Promise<void>) | undefined;
};

/** Both servers once they answer. If one fails to start, the other is ended, too. */
export const startBoth = async <P extends PostgresServer, B extends Broker>(
  what: Pick<Backing, 'kind' | 'why'>,
  starting: readonly [postgres: Promise<P>, broker: Promise<B>],
  { end, afterwards }: Ending<P | B>,
): Promise<Backing> => {
  const stop = async (): Promise<void> => {
    const started = await Promise.allSettled(starting);
    for (const each of started) if (each.status === 'fulfilled') await end(each.value);
    await afterwards?.();
  };
  try {
    const [postgres, broker] = await Promise.all(starting);
    const versions = await readVersions(postgres.adminUrl, broker.amqpUrl);
    return { ...what, versions, postgres, broker, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};
