import createClient, { type Client, type Middleware } from 'openapi-fetch';
import type { components as BookingsComponents, paths as BookingsPaths } from './generated/bookings.ts';
import type { components as SessionsComponents, paths as SessionsPaths } from './generated/sessions.ts';

export type Booking = BookingsComponents['schemas']['Booking'];
export type BookingRequest = BookingsComponents['schemas']['BookingRequest'];
export type Session = SessionsComponents['schemas']['Session'];
export type Problem = BookingsComponents['schemas']['Problem'];

export type ClientOptions = {
  readonly baseUrl: string;
  /** Asked for each request, so that an expired token can be replaced. */
  readonly token: () => string | Promise<string>;
};

/** Each request is typed by `/openapi.json`; it gives `{ data }` or `{ error }`, a problem to decide by `code`, and never throws for a status. */
export const createBookingsClient = (options: ClientOptions): Client<BookingsPaths> => authorized(options);
export const createSessionsClient = (options: ClientOptions): Client<SessionsPaths> => authorized(options);

const authorized = <Paths extends object>({ baseUrl, token }: ClientOptions): Client<Paths> => {
  const client = createClient<Paths>({ baseUrl });
  const bearer: Middleware = {
    onRequest: async ({ request }) => {
      request.headers.set('Authorization', `Bearer ${await token()}`);
      return request;
    },
  };
  client.use(bearer);
  return client;
};
