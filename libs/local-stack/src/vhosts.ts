import { randomBytes } from 'node:crypto';
import type { BackingDescription } from './servers.ts';
import { derivedPassword } from './databases.ts';
import { eventually } from './eventually.ts';

/** RabbitMQ's management HTTP API, as far as vhosts, users and permissions need it. */
export type Management = {
  get<T>(path: string): Promise<T>;
  put(path: string, body: object): Promise<void>;
  /** Of an action that may be repeated. */
  post(path: string): Promise<void>;
  delete(path: string): Promise<void>;
};

const headersOf = (url: URL): Record<string, string> => {
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}`, 'content-type': 'application/json' };
};

const ATTEMPTS = 3;

/** A cluster that has just come together may leave a request without an answer, and a broker closes kept connections: what is asked here may be repeated. */
const patiently = async <T>(attempt: () => Promise<T>): Promise<T> => {
  for (let failed = 1; ; failed++)
    try {
      return await attempt();
    } catch (error) {
      // fetch throws a TypeError when the network fails
      if (!['TimeoutError', 'TypeError'].includes((error as Error).name) || failed === ATTEMPTS) throw error;
    }
};

/** `managementUrl` carries the credentials; path segments must come URL-encoded; `timeout` is that of one attempt, in ms. */
export const createManagement = (managementUrl: string, timeout = 10_000): Management => {
  const base = new URL(managementUrl);
  const headers = headersOf(base);
  const call = async (method: string, path: string, body?: object): Promise<Response> => {
    const url = `${base.origin}${base.pathname.replace(/\/$/, '')}/api/${path}`;
    const given = { method, headers, ...(body && { body: JSON.stringify(body) }) };
    const response = await patiently(() => fetch(url, { ...given, signal: AbortSignal.timeout(timeout) }));
    if (response.ok || (method === 'DELETE' && response.status === 404)) return response;
    const reason = await response.text();
    // Of two that put the same new thing at the same moment one is told so; once it is there, a PUT changes it.
    if (method === 'PUT' && reason.includes('_already_exists')) return call(method, path, body);
    throw new Error(`RabbitMQ's management API: ${method} ${path} gave ${response.status} ${reason}`);
  };
  return {
    get: async <T>(path: string) => (await call('GET', path)).json() as Promise<T>,
    post: async (path) => void (await (await call('POST', path)).arrayBuffer()),
    put: async (path, body) => void (await (await call('PUT', path, body)).arrayBuffer()),
    delete: async (path) => void (await (await call('DELETE', path)).arrayBuffer()),
  };
};

export type Vhost = {
  readonly name: string;
  /** As the development administrator: full rights, may publish as any service (tag `impersonator`). */
  readonly amqpUrl: string;
  /** As the operators' tool: publishes straight to queues, with the sender that the message had, and nothing else. */
  readonly operatorAmqpUrl: string;
  /** As the same user, for the list of bindings. */
  readonly operatorManagementUrl: string;
  /** Per service, as its own user. */
  readonly urls: Readonly<Record<string, string>>;
  close(): Promise<void>;
};
export type VhostOptions = {
  /** Per service (= user), which routing keys it may publish to the exchange. */
  readonly publishes?: Readonly<Record<string, string>>;
  /** Services of others: each may read the exchange and own what begins with its name, and nothing else. */
  readonly subscribers?: readonly string[];
  readonly exchange?: string;
};

export const needsManagement =
  "RabbitMQ's management HTTP API is needed for vhosts of one's own: set LOCAL_STACK_MANAGEMENT_URL";

const developer = 'developer';
const operator = 'operator';
const bothServices = { bookings: '^booking\\..*', sessions: '^session\\..*' };

const passwordOf = ({ amqpUrl }: BackingDescription['broker'], user: string): string =>
  derivedPassword(amqpUrl.split(',')[0] as string, user);

const operatorManagement = (broker: BackingDescription['broker']): string => {
  const url = new URL(broker.managementUrl ?? '');
  url.username = operator;
  url.password = passwordOf(broker, operator);
  return url.href;
};

/** A cluster's URL is a list of its nodes' URLs, and so is what comes back. */
const as = (broker: BackingDescription['broker'], user: string, vhost: string): string => {
  const urls = broker.amqpUrl.split(',').map((node) => new URL(node));
  for (const url of urls) {
    url.username = user;
    url.password = passwordOf(broker, user);
    url.pathname = `/${encodeURIComponent(vhost)}`;
  }
  return urls.map(({ href }) => href).join(',');
};

type Grant = { readonly vhost: string; readonly user: string };
type At = { readonly management: Management; readonly broker: BackingDescription['broker'] };

const putUser = ({ management, broker }: At, user: string, tags = ''): Promise<void> =>
  management.put(`users/${user}`, { password: passwordOf(broker, user), tags });

const permit = (management: Management, { vhost, user }: Grant, pattern: string): Promise<void> =>
  management.put(`permissions/${vhost}/${user}`, { configure: pattern, write: pattern, read: pattern });

const permitService = async (
  management: Management,
  { vhost, user, exchange, writes }: Grant & { readonly exchange: string; readonly writes: string },
): Promise<void> => {
  await permit(management, { vhost, user }, `^(${exchange.replaceAll('.', '\\.')}|${user}\\..*)$`);
  await management.put(`topic-permissions/${vhost}/${user}`, { exchange, write: writes, read: '.*' });
};

/**
 * What a subscriber may bind: `booking.accepted` carries private notes, and so does every pattern that matches it. All of
 * `session.*` is open, and each other event of bookings by its full name.
 */
export const bindable = '^(session\\..*|booking\\.(?!accepted$)[^.*#]+)$';

// as docs/for-event-consumers.md says
const permitSubscriber = async (management: Management, { vhost, user }: Grant, exchange: string): Promise<void> => {
  const [own, theirs] = [`${user}\\..*`, exchange.replaceAll('.', '\\.')];
  const permissions = { configure: `^${own}$`, write: `^${own}$`, read: `^(${theirs}|${own})$` };
  await management.put(`permissions/${vhost}/${user}`, permissions);
  await management.put(`topic-permissions/${vhost}/${user}`, { exchange, write: '^$', read: bindable });
};

// as docs/for-operators.md says
const permitOperator = (management: Management, { vhost, user }: Grant): Promise<void> =>
  management.put(`permissions/${vhost}/${user}`, { configure: '^$', write: '^amq\\.default$', read: '^$' });

const putOperator = async (at: At, vhost: string): Promise<void> => {
  await putUser(at, operator, 'impersonator,management');
  await permitOperator(at.management, { vhost, user: operator });
};

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

/**
 * A fresh vhost in which each service may touch the exchange and what begins with its own name, and publish its own routing
 * keys only: nothing through the default exchange, nothing into another service's queue.
 */
export const createVhost = async (
  broker: BackingDescription['broker'],
  { publishes = bothServices, subscribers = [], exchange = 'mentoring.events' }: VhostOptions = {},
): Promise<Vhost> => {
  if (!broker.managementUrl) throw new Error(needsManagement);
  const management = createManagement(broker.managementUrl);
  const at = { management, broker };
  const vhost = `mentor-sessions-${randomBytes(5).toString('hex')}`;
  await putVhost(management, vhost);
  await putUser(at, developer, 'administrator,impersonator');
  await permit(management, { vhost, user: developer }, '.*');
  await putOperator(at, vhost);
  for (const [user, writes] of Object.entries(publishes)) {
    await putUser(at, user);
    await permitService(management, { vhost, user, exchange, writes });
  }
  for (const user of subscribers) {
    await putUser(at, user);
    await permitSubscriber(management, { vhost, user }, exchange);
  }
  const urls = [...Object.keys(publishes), ...subscribers].map((user) => [user, as(broker, user, vhost)] as const);
  return {
    name: vhost,
    amqpUrl: as(broker, developer, vhost),
    operatorAmqpUrl: as(broker, operator, vhost),
    operatorManagementUrl: operatorManagement(broker),
    urls: Object.fromEntries(urls),
    close: () => management.delete(`vhosts/${vhost}`),
  };
};

/** The vhost with both services' and the operator's user in it, whether they were there or not; gives each user's URL. */
export const ensureServiceUsers = async (
  broker: BackingDescription['broker'],
  { vhost, exchange = 'mentoring.events' }: { readonly vhost: string; readonly exchange?: string },
): Promise<Pick<Vhost, 'urls' | 'operatorManagementUrl'>> => {
  if (!broker.managementUrl) throw new Error(needsManagement);
  const management = createManagement(broker.managementUrl);
  await putVhost(management, vhost);
  for (const [user, writes] of Object.entries(bothServices)) {
    await putUser({ management, broker }, user);
    await permitService(management, { vhost, user, exchange, writes });
  }
  await putOperator({ management, broker }, vhost);
  const urls = [...Object.keys(bothServices), operator].map((user) => [user, as(broker, user, vhost)] as const);
  return { urls: Object.fromEntries(urls), operatorManagementUrl: operatorManagement(broker) };
};
