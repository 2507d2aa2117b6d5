import { readFileSync } from 'node:fs';
import { unescape } from 'node:querystring';
import { connect, credentials, type Channel, type ChannelModel } from 'amqplib';
import { shuffled } from '../shuffled.ts';
import type { BrokerMetrics } from './broker-metrics.ts';
import { surviveDeepHeaders } from './deep-headers.ts';

const files = { ca: 'cacertfile', cert: 'certfile', key: 'keyfile' };

/** The files that an amqps:// URL names, with the parameters of RabbitMQ's URIs. Read for each connection, so that renewed certificates are used. */
const readCertificates = ({ searchParams }: URL): Record<string, Buffer> =>
  Object.fromEntries(
    Object.entries(files)
      .filter(([, name]) => searchParams.has(name))
      .map(([option, name]) => [option, readFileSync(searchParams.get(name) ?? '')]),
  );

/** By hand because amqplib decodes UTF-8 as Latin-1, which makes another password of it. A lone % stays. */
const loginOf = ({ username, password }: URL) => {
  const isNone = username === '' && password === '';
  return isNone ? { user: 'guest', password: 'guest' } : { user: unescape(username), password: unescape(password) };
};

/** The broker refused a login or a virtual host. A retry does not help: an operator must act. */
export class BrokerRefusal extends Error {
  readonly code: number;

  constructor(code: number, message: string, cause: unknown) {
    super(message, { cause });
    this.name = 'BrokerRefusal';
    this.code = code;
  }
}

/**
 * amqplib reports a refused login as text, and a refused virtual host as an unexpected frame without the broker's message.
 * At that point of the handshake there are three possible reasons; the broker's log has the one that applies.
 */
export const explainRefusal = (error: unknown, url: URL): unknown => {
  const message = String((error as { message?: unknown } | null)?.message);
  const { user } = loginOf(url);
  if (message.startsWith('Handshake terminated by server: 403')) {
    const what = `RabbitMQ at ${url.host} refuses the login of user "${user}"`;
    return new BrokerRefusal(403, `${what}: check the user name and the password in AMQP_URL. ${message}`, error);
  }
  if (message.startsWith('Expected ConnectionOpenOk; got <ConnectionClose')) {
    const vhost = url.pathname === '' ? '/' : unescape(url.pathname.slice(1));
    const what = `RabbitMQ at ${url.host} refuses user "${user}" the virtual host "${vhost}"`;
    const why = `it does not exist, the user has no permissions on it, or its connection limit is reached`;
    const check = `check the path of AMQP_URL (a trailing slash names the virtual host ""), rabbitmqctl list_vhosts, and rabbitmqctl list_permissions -p "${vhost}"`;
    return new BrokerRefusal(530, `${what}: ${why}; ${check}.`, error);
  }
  return error;
};

/** Called when a connection opens, is lost or is refused; `purpose` says which connection. */
export type ConnectionReport = {
  /** The topology is declared. */
  opened(purpose: string): void;
  lost(purpose: string, cause: unknown): void;
  /** Could not be opened, or not be used. Returns when to try again (ms); undefined: after the usual backoff. */
  failed(purpose: string, error: unknown): number | undefined;
};

export type BrokerAddress = {
  /** The nodes of one cluster. */
  readonly urls: readonly string[];
  /** Shown in RabbitMQ's list of connections. */
  readonly name: string;
  readonly observe?: BrokerMetrics;
  /** Instead of a line in the log for each event of each connection. */
  readonly report?: ConnectionReport;
  /** Default: amqplib's. */
  readonly connect?: typeof connect;
};

const CONNECT_TIMEOUT_MS = 5_000;
const HEARTBEAT_SECONDS = 8;
/** amqplib copies a partial frame each time more of it arrives: large frames make garbage several times their size. */
const FRAME_BYTES = 16_384;

/** Returns one node after the other, in a random order, so that clients spread over the cluster. */
export const nodesInTurn = (urls: readonly string[]): (() => string) => {
  const order = shuffled(urls);
  let next = 0;
  return () => order[next++ % order.length] as string;
};

/**
 * Connects to the next node that can be reached; throws the last error when none can. A stop ends the search.
 * A caller that keeps `nextNode` gets another node than the last time: that one may be partitioned and not have noticed.
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

/** The broker validates this name on each published message (`user-id`). */
export const userOf = ({ urls: [url] }: BrokerAddress): string => (url ? loginOf(new URL(url)).user : 'guest');

const GOODBYE_MS = 1_000;

/** Closes a connection whose peer may no longer answer: `close()` alone would wait forever. */
export const dropConnection = async (connection: ChannelModel): Promise<void> => {
  const gone = Promise.withResolvers<void>();
  connection.once('close', gone.resolve);
  setTimeout(() => cutConnection(connection), GOODBYE_MS).unref(); // always: a dead peer would keep the socket
  // a rejection means that it was closed already
  await Promise.race([gone.promise, connection.close().catch(() => undefined)]);
};

/** As if the network had failed: everything that waits for the broker fails immediately. */
export const cutConnection = (connection: ChannelModel): void => {
  const { stream } = connection.connection as unknown as { stream: { destroy(error: Error): void } };
  stream.destroy(new Error('the broker does not answer')); // without an error amqplib would not notice
};

/** `close()` alone would wait forever if the connection is lost before the broker answers. */
export const closeChannel = async (channel: Channel): Promise<void> => {
  const gone = Promise.withResolvers<void>();
  channel.once('close', gone.resolve);
  await Promise.race([gone.promise, channel.close()]);
};

const openNode = async (url: string, broker: BrokerAddress): Promise<ChannelModel> => {
  const { name, connect: open } = broker;
  const withHeartbeat = new URL(url);
  withHeartbeat.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS));
  if (!withHeartbeat.searchParams.has('frameMax')) withHeartbeat.searchParams.set('frameMax', String(FRAME_BYTES));
  const { user, password } = loginOf(withHeartbeat);
  const options = {
    credentials: credentials.plain(user, password),
    noDelay: true, // Nagle's algorithm would delay a publish by up to 40 ms
    timeout: CONNECT_TIMEOUT_MS,
    ...readCertificates(withHeartbeat),
    clientProperties: { connection_name: name },
  };
  const { href } = withHeartbeat;
  const opened = open ? open(href, options) : connect(href, options).then(surviveDeepHeaders);
  return opened.catch((error: unknown) => {
    throw explainRefusal(error, withHeartbeat);
  });
};
