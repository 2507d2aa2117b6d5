import { randomBytes } from 'node:crypto';
import type { BackingDescription } from './servers.ts';
import { derivedPassword } from './databases.ts';
import { eventually, retry } from './eventually.ts';

const headersOf = (url: URL): Record<string, string> => {
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}`, 'content-type': 'application/json' };
};

// fetch throws a TypeError when the network fails
const isWithoutAnswer = (error: unknown): boolean => ['TimeoutError', 'TypeError'].includes((error as Error).name);

/**
 * RabbitMQ's management HTTP API. `managementUrl` has the credentials; path segments must be URL-encoded; `timeout` is that
 * of one attempt, in ms.
 */
export const createManagement = (managementUrl: string, timeout = 10_000) => {
  const base = new URL(managementUrl);
  const headers = headersOf(base);
  const call = async (method: string, path: string, body?: object): Promise<string> => {
    const url = `${base.origin}${base.pathname.replace(/\/$/, '')}/api/${path}`;
    const given = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const send = () => fetch(url, { ...given, signal: AbortSignal.timeout(timeout) });
    // a new cluster may leave a request without an answer, and a broker closes kept connections; each is safe to repeat
    const response = await retry(send, { tries: 3, if: isWithoutAnswer });
    const text = await response.text();
    if (response.ok || (method === 'DELETE' && response.status === 404)) return text;
    // another process created it at the same moment: a second PUT changes it
    if (method === 'PUT' && text.includes('_already_exists')) return call(method, path, body);
    throw new Error(`RabbitMQ's management API: ${method} ${path} gave ${response.status} ${text}`);
  };
  return {
    get: async <T>(path: string): Promise<T> => JSON.parse(await call('GET', path)) as T,
    /** Of an action that may be repeated. */
    post: async (path: string): Promise<void> => void (await call('POST', path)),
    put: async (path: string, body: object): Promise<void> => void (await call('PUT', path, body)),
    delete: async (path: string): Promise<void> => void (await call('DELETE', path)),
  };
};

export type Management = ReturnType<typeof createManagement>;

export type VhostOptions = {
  /** Per service (= user), which routing keys it may publish to the exchange. */
  readonly publishes?: Readonly<Record<string, string>>;
  /** Services of others: each may read the exchange and own what begins with its name, and nothing else. */
  readonly subscribers?: readonly string[];
  /** Default: a new one. */
  readonly name?: string | undefined;
};

export const needsManagement =
  "RabbitMQ's management HTTP API is needed for vhosts of one's own: set LOCAL_STACK_MANAGEMENT_URL";

type BrokerUrls = BackingDescription['broker'];

const passwordOf = ({ amqpUrl }: BrokerUrls, user: string): string =>
  derivedPassword(amqpUrl.split(',')[0] as string, user);

/** A cluster's URL is a list of its nodes' URLs, and so is the result. */
const as = (broker: BrokerUrls, user: string, vhost: string): string => {
  const own = { username: user, password: passwordOf(broker, user), pathname: `/${encodeURIComponent(vhost)}` };
  const nodes = broker.amqpUrl.split(',');
  return nodes.map((node) => Object.assign(new URL(node), own).href).join(',');
};

/** A user of the broker, with patterns of what it may configure, write and read in the vhost and on the exchange. */
type User = {
  readonly name: string;
  readonly tags?: string;
  readonly permissions: { readonly configure: string; readonly write: string; readonly read: string };
  readonly onExchange?: { readonly write: string; readonly read: string };
};

const exchange = 'mentoring.events';
const exchangePattern = exchange.replaceAll('.', '\\.');
const all = (pattern: string) => ({ configure: pattern, write: pattern, read: pattern });

const developer: User = { name: 'developer', tags: 'administrator,impersonator', permissions: all('.*') };

// as docs/for-operators.md says
const operator: User = {
  name: 'operator',
  tags: 'impersonator,management',
  permissions: { configure: '^$', write: '^(amq\\.default|(?!amq\\.|mentoring\\.events$).*)$', read: '^$' },
};

const serviceUser = ([name, write]: readonly [name: string, write: string]): User => ({
  name,
  permissions: all(`^(${exchangePattern}|${name}\\..*)$`),
  onExchange: { write, read: '.*' },
});

const bothServices = { bookings: '^booking\\..*', sessions: '^session\\..*' };

/**
 * What a subscriber may bind: `booking.accepted` carries private notes, and so does every pattern that matches it. All of
 * `session.*` is open, and each other event of bookings by its full name.
 */
export const bindable = '^(session\\..*|booking\\.(?!accepted$)[^.*#]+)$';

// as docs/for-event-consumers.md says
const subscriberUser = (name: string): User => ({
  name,
  permissions: { ...all(`^${name}\\..*$`), read: `^(${exchangePattern}|${name}\\..*)$` },
  onExchange: { write: '^$', read: bindable },
});

const RUNS_WITHIN_MS = 60_000;

type VhostState = { readonly cluster_state?: Readonly<Record<string, string>> };

/** On a busy machine a node of a cluster may be too slow to start a new vhost (500), and leaves it stopped: it is started there. */
const putVhost = async (management: Management, name: string): Promise<void> => {
  await management.put(`vhosts/${name}`, {}).catch((error: Error) => {
    if (!error.message.includes('gave 500')) throw error;
  });
  const startWhereItIsStopped = async (): Promise<boolean> => {
    const { cluster_state: states = {} } = await management.get<VhostState>(`vhosts/${name}`);
    const stopped = Object.keys(states).filter((node) => states[node] !== 'running');
    for (const node of stopped) await management.post(`vhosts/${name}/start/${node}`);
    return stopped.length === 0;
  };
  await eventually(startWhereItIsStopped, { within: RUNS_WITHIN_MS, every: 200, describe: 'each node runs the vhost' });
};

/** Creates the vhost and these users, or gives the existing ones these rights. Returns each user's URL. */
const provide = async (broker: BrokerUrls, vhost: string, users: readonly User[]) => {
  if (!broker.managementUrl) throw new Error(needsManagement);
  const management = createManagement(broker.managementUrl);
  await putVhost(management, vhost);
  // before the topic permissions: from RabbitMQ 4.3 on they belong to it
  await management.put(`exchanges/${vhost}/${exchange}`, { type: 'topic', durable: true });
  const provideUser = async ({ name, tags = '', permissions, onExchange }: User): Promise<void> => {
    await management.put(`users/${name}`, { password: passwordOf(broker, name), tags });
    await management.put(`permissions/${vhost}/${name}`, permissions);
    if (onExchange) await management.put(`topic-permissions/${vhost}/${name}`, { exchange, ...onExchange });
  };
  await Promise.all(users.map(provideUser));
  const login = { username: operator.name, password: passwordOf(broker, operator.name) };
  const urls: Readonly<Record<string, string>> = Object.fromEntries(
    users.map(({ name }) => [name, as(broker, name, vhost)]),
  );
  return { management, urls, operatorManagementUrl: Object.assign(new URL(broker.managementUrl), login).href };
};

/**
 * A vhost in which each service may touch the exchange and what begins with its own name, and publish its own routing
 * keys only: nothing through the default exchange, nothing into another service's queue.
 */
export const createVhost = async (
  broker: BrokerUrls,
  {
    publishes = bothServices,
    subscribers = [],
    name = `mentor-sessions-${randomBytes(5).toString('hex')}`,
  }: VhostOptions = {},
) => {
  const services = Object.entries(publishes).map(serviceUser);
  const users = [developer, operator, ...services, ...subscribers.map(subscriberUser)];
  const { management, urls, operatorManagementUrl } = await provide(broker, name, users);
  return {
    name,
    /** As the development administrator: full rights, may publish as any service (tag `impersonator`). */
    amqpUrl: as(broker, developer.name, name),
    /** As the operators' tool: publishes straight to queues, with the original sender, and nothing else. */
    operatorAmqpUrl: as(broker, operator.name, name),
    /** As the same user, for the list of bindings. */
    operatorManagementUrl,
    /** Per user. */
    urls,
    close: () => management.delete(`vhosts/${name}`),
  };
};

export type Vhost = Awaited<ReturnType<typeof createVhost>>;

/** The vhost with both services' and the operator's user in it, whether or not they exist already. */
export const ensureServiceUsers = (broker: BrokerUrls, { vhost }: { readonly vhost: string }) =>
  provide(broker, vhost, [...Object.entries(bothServices).map(serviceUser), operator]);
