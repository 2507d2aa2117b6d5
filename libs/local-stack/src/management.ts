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
