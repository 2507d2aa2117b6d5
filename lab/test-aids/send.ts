import { request, type Agent } from 'node:http';

export type Sent = {
  readonly method?: string;
  /** Name, value, name, value, as on the wire; names may repeat. */
  readonly headers?: readonly string[];
  readonly body?: string | Uint8Array | undefined;
  readonly agent?: Agent;
  /** Timeout of a request (ms). */
  readonly patience?: number;
};
export type Heard = {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
  readonly ms: number;
};

/** Sends a request with headers and path unchanged. */
export const send = (url: string, path: string, sent: Sent = {}): Promise<Heard> => {
  const { method = 'GET', headers = [], body, agent = false, patience = 20_000 } = sent;
  const { promise, resolve, reject } = Promise.withResolvers<Heard>();
  const { hostname, port } = new URL(url);
  const began = performance.now();
  const length = body === undefined ? [] : ['content-length', String(Buffer.byteLength(body))];
  const all = ['host', `${hostname}:${port}`, ...length, ...headers];
  const asking = request({ hostname, port, path, method, headers: all, agent }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
    response.on('end', () =>
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        text: Buffer.concat(chunks).toString('utf8'),
        ms: performance.now() - began,
      }),
    );
  });
  asking.setTimeout(patience, () => asking.destroy(new Error('no answer in time')));
  asking.on('error', reject).end(body);
  return promise;
};

/** The headers for a token, and for a body if there is one. */
export const asCaller = (token: string, body?: object): string[] => [
  'authorization',
  `Bearer ${token}`,
  ...(body ? ['content-type', 'application/json'] : []),
];
