import { clientProblem, type ClientCode } from './problems.ts';

export type Care = {
  /** For each attempt, with the body; default 10,000. */
  readonly timeoutMs?: number;
  /** After network errors, timeouts, and answers that say so; default 2. */
  readonly retries?: number;
  readonly fetch?: (request: Request) => Promise<Response>;
};

const PROBLEM_TYPE = 'application/problem+json';
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;

const worthARetry = new Set([
  'network-error',
  'timeout',
  'bad-gateway',
  'unavailable',
  'outcome-unknown',
  'idempotency-key-in-use',
  'too-many-requests',
]);

/**
 * Gives a problem document for whatever goes wrong. Each request is safe to repeat: it reads, or carries an Idempotency-Key.
 */
export const carefulFetch = ({ timeoutMs = 10_000, retries = 2, fetch: send }: Care) => {
  const sending = send ?? ((request: Request) => fetch(request));
  return async (request: Request): Promise<Response> => {
    for (let attempt = 0; ; attempt += 1) {
      const { response, code } = await once(request.clone(), timeoutMs, sending);
      const wait = waitBefore(attempt, response);
      if (attempt >= retries || !worthARetry.has(code ?? '') || wait > LONGEST_WAIT_MS) return response;
      await pause(wait, request.signal);
    }
  };
};

const waitBefore = (attempt: number, { headers }: Response): number =>
  Number(headers.get('Retry-After')) * 1_000 || FIRST_WAIT_MS * 2 ** attempt * (1 + Math.random());

/** Returns at once when it is aborted. */
export const pause = (ms: number, signal?: AbortSignal | null): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });

type Outcome = { readonly response: Response; readonly code?: string };

const once = async (request: Request, timeoutMs: number, send: NonNullable<Care['fetch']>): Promise<Outcome> => {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const signal = AbortSignal.any([request.signal, timeout]);
    const response = await send(new Request(request, { signal }));
    return read(request, response, await response.text());
  } catch {
    return failure(request.signal.aborted ? 'aborted' : timeout.aborted ? 'timeout' : 'network-error');
  }
};

const read = ({ method }: Request, response: Response, text: string): Outcome => {
  const { status, statusText, headers } = response;
  const whole = (): Response => new Response(text, { status, statusText, headers });
  const body = parse(text);
  if (response.ok && (body !== undefined || method === 'HEAD')) return { response: whole() };
  const isOurs = headers.get('Content-Type')?.startsWith(PROBLEM_TYPE) === true;
  if (!response.ok && isOurs && typeof body?.['code'] === 'string') return { response: whole(), code: body['code'] };
  return failure(codeOf(status), response);
};

const parse = (text: string): Readonly<Record<string, unknown>> | undefined => {
  try {
    return JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
};

const codeOf = (status: number): ClientCode =>
  status === 304 ? 'not-modified' : status >= 500 ? 'bad-gateway' : 'unexpected-response';

/** Neither ok nor of a status that may have no body, whatever the status was that it shows. */
const failure = (code: ClientCode, { status = 0, headers: given }: Partial<Response> = {}): Outcome => {
  const headers = new Headers(given);
  headers.delete('Content-Length');
  headers.set('Content-Type', PROBLEM_TYPE);
  const problem = clientProblem(code, status, headers.get('X-Request-Id') ?? '');
  const response = new Response(JSON.stringify(problem), { status: 502, headers });
  return { response: Object.defineProperty(response, 'status', { value: status }), code };
};
