import createClient, { type Client } from 'openapi-fetch';
import { carefulFetch, pause, type Care } from './careful-fetch.ts';
import type { components as BookingsComponents, paths as BookingsPaths } from './generated/bookings.ts';
import type { components as SessionsComponents, paths as SessionsPaths } from './generated/sessions.ts';
import { ApiError, clientProblem, type ClientProblem, type Problem } from './problems.ts';

export { ApiError, type ClientCode, type Problem } from './problems.ts';
export type Booking = BookingsComponents['schemas']['Booking'];
export type BookingRequest = BookingsComponents['schemas']['BookingRequest'];
export type Session = SessionsComponents['schemas']['Session'];

export type ClientOptions = Care & {
  readonly baseUrl: string;
  /** Asked for each request, so that an expired token can be replaced. */
  readonly token: () => string | Promise<string>;
};

/** Each operation may also end with a problem of the client's own. */
type WithClientProblems<Paths> = {
  [Path in keyof Paths]: {
    [Method in keyof Paths[Path]]: Paths[Path][Method] extends { responses: infer Responses }
      ? Omit<Paths[Path][Method], 'responses'> & { responses: Responses & ByTheClient }
      : Paths[Path][Method];
  };
};
type ByTheClient = {
  default: { headers: Record<string, unknown>; content: { 'application/problem+json': ClientProblem } };
};

export type BookingsClient = Client<WithClientProblems<BookingsPaths>>;
export type SessionsClient = Client<WithClientProblems<SessionsPaths>>;

/** Each request is typed by `/openapi.json`; it gives `{ data }` or `{ error }`, a problem to decide by `code`, and throws only what `token` throws. */
export const createBookingsClient = (options: ClientOptions): BookingsClient => careful(options);
export const createSessionsClient = (options: ClientOptions): SessionsClient => careful(options);

const careful = <Paths extends object>({ baseUrl, token, ...care }: ClientOptions): Client<Paths> => {
  const client = createClient<Paths>({ baseUrl, fetch: carefulFetch(care) });
  client.use({
    onRequest: async ({ request }) => {
      request.headers.set('Authorization', `Bearer ${await token()}`);
      const isWrite = ['POST', 'PATCH'].includes(request.method);
      if (isWrite && !request.headers.has('Idempotency-Key')) request.headers.set('Idempotency-Key', newKey());
      return request;
    },
  });
  return client;
};

// not crypto.randomUUID, which pages without TLS do not have
const newKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

type Page<Item> = { readonly items: readonly Item[]; readonly nextCursor: string | null };

/** The items of all pages, read as they are needed. Throws `ApiError`. */
export async function* eachItem<Item>(
  page: (next: { cursor?: string }) => Promise<{ data?: Page<Item>; error?: Problem }>,
): AsyncGenerator<Item> {
  let next: { cursor?: string } = {};
  for (;;) {
    const { data, error } = await page(next);
    if (!data) throw new ApiError(error ?? clientProblem('unexpected-response'));
    yield* data.items;
    if (data.nextCursor === null) return;
    next = { cursor: data.nextCursor };
  }
}

type Waiting = { readonly timeoutMs?: number; readonly signal?: AbortSignal };
type Found = { data: Session; error?: never } | { data?: never; error: Problem };

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;

/** The session of a booking that was just accepted. Gives up after 30 s, or `timeoutMs`, with the code `timeout`. */
export const waitForSession = async (
  sessions: SessionsClient,
  id: string,
  { timeoutMs = 30_000, signal }: Waiting = {},
): Promise<Found> => {
  const end = Date.now() + timeoutMs;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
    const { data, error } = await sessions.GET('/sessions/{id}', { params: { path: { id } }, signal: signal ?? null });
    if (data) return { data };
    if (error.code !== 'not-found') return { error };
    if (Date.now() + wait > end) return { error: clientProblem('timeout') };
    await pause(wait, signal);
  }
};
