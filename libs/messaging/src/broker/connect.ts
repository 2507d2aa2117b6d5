import { connect as connectToBroker, type Channel, type ChannelModel } from 'amqplib';
import { certificatesOf } from './certificates.ts';
import { explained } from './refusals.ts';
import type { BrokerWatch } from './watch.ts';

export type BrokerAddress = {
  /** The nodes of one cluster. */
  readonly urls: readonly string[];
  /** Shown by the broker beside the connection. */
  readonly name: string;
  readonly heartbeatSeconds?: number;
  readonly watch?: BrokerWatch;
  /** For a client that others grant its rights: a refusal (403) is said by it, and tried again every minute. */
  readonly refusal?: { said(error: unknown): void; over(): void };
  /** Default: amqplib's. */
  readonly connect?: typeof connectToBroker;
};

const CONNECT_TIMEOUT_MS = 5_000;
/** amqplib copies what it has of a frame each time that more of it comes: large frames make garbage several times their size. */
const FRAME_BYTES = 16_384;

/** Gives one node after the other, for ever: in a random order, so that clients spread. */
export type NextNode = () => string;

export const nodesInTurn = (urls: readonly string[]): NextNode => {
  const order = inRandomOrder(urls);
  let given = 0;
  return () => order[given++ % order.length] as string;
};

/**
 * Connects to the next node that can be reached; throws the last one's error when none can. A stop ends the search.
 * Who keeps `nextNode` comes to another node than the last time: that one may be cut off from the others and not know yet.
 */
export const openConnection = async (
  broker: BrokerAddress,
  stopping: AbortSignal,
  nextNode = nodesInTurn(broker.urls),
): Promise<ChannelModel> => {
  let lastError: unknown = new Error('AMQP_URL names no node');
  for (let left = broker.urls.length; left > 0; left--) {
    try {
      return await openNode(nextNode(), broker);
    } catch (error) {
      lastError = error;
      if (stopping.aborted) break;
    }
  }
  throw lastError;
};

/** The broker vouches for this name on each message that we publish (`user-id`). */
export const userOf = ({ urls: [url] }: BrokerAddress): string =>
  (url && decodeURIComponent(new URL(url).username)) || 'guest';

const GOODBYE_MS = 1_000;

/** Ends a connection whose peer may not answer any more: `close()` alone would wait for an answer for ever. */
export const dropConnection = async (connection: ChannelModel): Promise<void> => {
  const gone = Promise.withResolvers<void>();
  connection.once('close', gone.resolve);
  setTimeout(() => cutConnection(connection), GOODBYE_MS).unref(); // in any case: a dead peer would keep the socket
  // a rejection says that it was closed already: what we wanted
  await Promise.race([gone.promise, connection.close().catch(() => undefined)]);
};

/** As if the network had failed: everything that waits for the broker fails at once. */
export const cutConnection = (connection: ChannelModel): void => {
  const { stream } = connection.connection as unknown as { stream: { destroy(error: Error): void } };
  stream.destroy(new Error('the broker does not answer')); // without an error amqplib would not notice
};

/** `close()` alone would wait for ever when the connection is lost before its answer. */
export const closeChannel = async (channel: Channel): Promise<void> => {
  const gone = Promise.withResolvers<void>();
  channel.once('close', gone.resolve);
  await Promise.race([gone.promise, channel.close()]);
};

const inRandomOrder = (urls: readonly string[]): string[] =>
  urls
    .map((url) => ({ url, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ url }) => url);

const openNode = async (url: string, broker: BrokerAddress): Promise<ChannelModel> => {
  const { name, heartbeatSeconds = 8, connect = connectToBroker } = broker;
  const withHeartbeat = new URL(url);
  withHeartbeat.searchParams.set('heartbeat', String(heartbeatSeconds));
  if (!withHeartbeat.searchParams.has('frameMax')) withHeartbeat.searchParams.set('frameMax', String(FRAME_BYTES));
  const options = {
    noDelay: true, // with Nagle's algorithm a publish waits 40 ms for company
    timeout: CONNECT_TIMEOUT_MS,
    ...certificatesOf(withHeartbeat),
    clientProperties: { connection_name: name },
  };
  return connect(withHeartbeat.href, options).catch((error: unknown) => {
    throw explained(error, withHeartbeat);
  });
};
