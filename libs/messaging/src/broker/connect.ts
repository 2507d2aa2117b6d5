import { connect, type ChannelModel } from 'amqplib';

export type BrokerAddress = {
  /** The nodes of one cluster. */
  readonly urls: readonly string[];
  /** Shown by the broker beside the connection. */
  readonly name: string;
  readonly heartbeatSeconds?: number;
};

const CONNECT_TIMEOUT_MS = 5_000;

/** Connects to one of the nodes, tried in random order so that clients spread; throws the last node's error. */
export const openConnection = async (broker: BrokerAddress): Promise<ChannelModel> => {
  let lastError: unknown = new Error('AMQP_URL names no node');
  for (const url of inRandomOrder(broker.urls)) {
    try {
      return await openNode(url, broker);
    } catch (error) {
      lastError = error;
    }
  }
  throw lastError;
};

/** The broker vouches for this name on each message that we publish (`user-id`). */
export const userOf = ({ urls: [url] }: BrokerAddress): string =>
  (url && decodeURIComponent(new URL(url).username)) || 'guest';

/** Ends a connection whose peer may not answer any more: `close()` alone would wait for an answer for ever. */
export const dropConnection = async (connection: ChannelModel, withinMs = 1_000): Promise<void> => {
  const { stream } = connection.connection as unknown as { stream: { destroy(): void } };
  const timer = setTimeout(() => stream.destroy(), withinMs);
  try {
    await connection.close();
  } catch {
    // it was closed already: what we wanted
  } finally {
    clearTimeout(timer);
  }
};

const inRandomOrder = (urls: readonly string[]): string[] =>
  urls
    .map((url) => ({ url, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ url }) => url);

const openNode = async (url: string, { name, heartbeatSeconds = 8 }: BrokerAddress): Promise<ChannelModel> => {
  const withHeartbeat = new URL(url);
  withHeartbeat.searchParams.set('heartbeat', String(heartbeatSeconds));
  return connect(withHeartbeat.href, {
    noDelay: true, // with Nagle's algorithm a publish waits 40 ms for company
    timeout: CONNECT_TIMEOUT_MS,
    clientProperties: { connection_name: name },
  });
};
