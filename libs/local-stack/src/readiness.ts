import { connect } from 'node:net';
import { eventually } from './eventually.ts';
import { query } from './query.ts';

/** For a process of ours: whether it has ended, and the end of its log. */
type Waiting = { readonly gaveUp?: () => boolean; readonly log?: () => string };
type Server = { readonly name: string; readonly within: number };

/** The process ended before it answered, e.g. because its port was taken meanwhile. */
export class EndedEarly extends Error {
  override name = 'EndedEarly';
}

const untilItAnswers = async ({ name, within }: Server, waiting: Waiting, look: () => Promise<true>): Promise<void> => {
  const looked = eventually(async () => (waiting.gaveUp?.() ? 'ended' : look()), {
    within,
    every: 100,
    describe: `${name} answers`,
  });
  const outcome = await looked.catch((error: unknown) => {
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
    const socket = connect({ host: url.hostname, port: Number(url.port || 5672), timeout: 2_000 });
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
