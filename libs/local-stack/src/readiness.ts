import { connect as openSocket } from 'node:net';
import { connect } from 'amqplib';
import type { Backing, Broker, PostgresServer, Versions } from './servers.ts';
import { query } from './databases.ts';
import { eventually } from './eventually.ts';

/** For a local process: whether it has ended, and the end of its log. */
type Waiting = { readonly gaveUp?: () => boolean; readonly log?: () => string };
type Server = { readonly name: string; readonly within: number };

/** The process ended before it answered, e.g. because its port was taken meanwhile. */
export class EndedEarly extends Error {
  override name = 'EndedEarly';
}

const untilItAnswers = async (
  { name, within }: Server,
  waiting: Waiting,
  check: () => Promise<true>,
): Promise<void> => {
  const answered = eventually(async () => (waiting.gaveUp?.() ? 'ended' : check()), {
    within,
    every: 100,
    describe: `${name} answers`,
  });
  const outcome = await answered.catch((error: unknown) => {
    throw new Error(`${String(error)} ${waiting.log?.() ?? ''}`, { cause: error });
  });
  if (outcome === 'ended') throw new EndedEarly(`${name} ended before it answered: ${waiting.log?.() ?? ''}`);
};

export const waitForPostgres = (url: string, waiting: Waiting = {}): Promise<void> =>
  untilItAnswers({ name: 'PostgreSQL', within: 60_000 }, waiting, async () => {
    await query(url, 'select');
    return true;
  });

const acceptsConnections = (url: URL): Promise<true> =>
  new Promise((resolve, reject) => {
    const socket = openSocket({ host: url.hostname, port: Number(url.port || 5672), timeout: 2_000 });
    socket.once('connect', () => socket.destroy() && resolve(true));
    socket.once('timeout', () => socket.destroy(new Error('timeout')));
    socket.once('error', reject);
  });

/** Both must answer: the management API is up a little before the AMQP listener. */
export const waitForRabbitmq = (amqpUrl: string, ask: () => Promise<unknown>, waiting: Waiting = {}): Promise<void> =>
  untilItAnswers({ name: 'RabbitMQ', within: 120_000 }, waiting, async () => {
    await ask();
    return acceptsConnections(new URL(amqpUrl));
  });

const tries = 6;

/** A port that was free a moment ago can be taken now: tries again, up to six times. `start` picks the port. */
export const onAnotherPortIfTaken = async <T>(start: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start();
    } catch (error) {
      if (attempt === tries || !(error instanceof EndedEarly)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 250 * attempt));
    }
  }
};

const postgresVersion = async (adminUrl: string): Promise<string> => {
  const [row] = await query<{ server_version: string }>(adminUrl, 'show server_version');
  return row?.server_version.split(' ')[0] ?? 'of unknown version';
};

/** From the handshake of an AMQP connection. */
const rabbitmqVersion = async (amqpUrl: string): Promise<string> => {
  const connection = await connect(amqpUrl);
  const { version } = connection.connection.serverProperties;
  await connection.close();
  return version;
};

export const readVersions = async (adminUrl: string, amqpUrl: string): Promise<Versions> => ({
  postgres: await postgresVersion(adminUrl),
  rabbitmq: await rabbitmqVersion(amqpUrl),
});

type Started<P, B> = readonly [postgres: Promise<P>, broker: Promise<B>];
type Ending<S> = {
  readonly end: (server: S) => Promise<void>;
  readonly afterwards?: (() => Promise<void>) | undefined;
};

/** Both servers once they answer. If one fails to start, the other is ended, too. */
export const startBoth = async <P extends PostgresServer, B extends Broker>(
  what: Pick<Backing, 'kind' | 'why'>,
  starting: Started<P, B>,
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
