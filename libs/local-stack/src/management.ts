/** RabbitMQ's management HTTP API, as far as vhosts, users and permissions need it. */
export type Management = {
  get<T>(path: string): Promise<T>;
  put(path: string, body: object): Promise<void>;
  delete(path: string): Promise<void>;
};

const headersOf = (url: URL): Record<string, string> => {
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { authorization: `Basic ${Buffer.from(credentials).toString('base64')}`, 'content-type': 'application/json' };
};

/** `managementUrl` carries the credentials; path segments must come URL-encoded. */
export const createManagement = (managementUrl: string, timeout = 30_000): Management => {
  const base = new URL(managementUrl);
  const headers = headersOf(base);
  const call = async (method: string, path: string, body?: object): Promise<Response> => {
    const init = { method, headers, signal: AbortSignal.timeout(timeout), ...(body && { body: JSON.stringify(body) }) };
    const response = await fetch(`${base.origin}${base.pathname.replace(/\/$/, '')}/api/${path}`, init);
    if (response.ok || (method === 'DELETE' && response.status === 404)) return response;
    throw new Error(`RabbitMQ's management API: ${method} ${path} gave ${response.status} ${await response.text()}`);
  };
  return {
    get: async <T>(path: string) => (await call('GET', path)).json() as Promise<T>,
    put: async (path, body) => void (await (await call('PUT', path, body)).arrayBuffer()),
    delete: async (path) => void (await (await call('DELETE', path)).arrayBuffer()),
  };
};
