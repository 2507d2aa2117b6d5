import type { Claims } from '@mentor-sessions/local-stack/tokens';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT' | 'DELETE' | 'OPTIONS';
export type Call = {
  /** The user whose token is sent; null or undefined: no token. */
  readonly as?: Claims | null | undefined;
  /** Sent as JSON; strings and bytes unchanged. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};
export type Answer = {
  readonly method: Method;
  readonly path: string;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed JSON; undefined if it is not JSON. */
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any -- the document has the type
  /** `200`, or status and code of a problem: `409 invalid-transition`. */
  readonly outcome: string;
};
export type ApiClient = (method: Method, path: string, call?: Call) => Promise<Answer>;

type Options = {
  readonly url: string;
  readonly token: (claims: Claims) => Promise<string>;
  /** Called for every response; throws if it violates the contract. */
  readonly check: (answer: Answer) => void;
};

export const createApiClient = ({ url, token, check }: Options): ApiClient => {
  const authorization = rememberTokens(token);
  return async (method, path, { as, body, headers = {} } = {}) => {
    const response = await fetch(url + path, {
      method,
      headers: {
        ...(as && { authorization: await authorization(as) }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: bytesOf(body),
      redirect: 'error',
      signal: AbortSignal.timeout(20_000),
    });
    const answer = await read(response, method, path);
    check(answer);
    return answer;
  };
};

const bytesOf = (body: unknown): string | Uint8Array<ArrayBuffer> | null => {
  if (body === undefined) return null;
  if (typeof body === 'string') return body;
  return body instanceof Uint8Array ? Uint8Array.from(body) : JSON.stringify(body);
};

const read = async (response: Response, method: Method, path: string): Promise<Answer> => {
  const { status, headers } = response;
  const text = await response.text();
  const isJson = /json/.test(headers.get('content-type') ?? '') && text !== '';
  const body: unknown = isJson ? JSON.parse(text) : undefined;
  const code = status >= 400 ? (body as { code?: string } | undefined)?.code : undefined;
  return { method, path, status, headers, text, body, outcome: [status, code].filter(Boolean).join(' ') };
};

// Signing a token costs more than a request.
const rememberTokens = (token: (claims: Claims) => Promise<string>) => {
  const known = new Map<string, Promise<string>>();
  return async (claims: Claims): Promise<string> => {
    const key = JSON.stringify(claims);
    const signed = known.get(key) ?? token(claims);
    known.set(key, signed);
    return `Bearer ${await signed}`;
  };
};
