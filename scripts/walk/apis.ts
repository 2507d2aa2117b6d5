import { createBookingsClient, createSessionsClient } from '@mentor-sessions/api-client';
import type { StackFile } from '../start/stack-file.ts';

/** Both public APIs, as one person calls them. */
export const apisFor = ({ bookings, sessions }: StackFile, token: Promise<string>) => {
  const options = { token: () => token };
  return {
    bookings: createBookingsClient({ baseUrl: bookings.url, ...options }),
    sessions: createSessionsClient({ baseUrl: sessions.url, ...options }),
  };
};

export type Apis = ReturnType<typeof apisFor>;

type Answer<Data> = { readonly data?: Data; readonly error?: unknown; readonly response: { readonly status: number } };

/** The data of a successful response; throws the whole response otherwise. */
export const expectData = <Data>({ data, error, response }: Answer<Data>): Data => {
  if (data !== undefined) return data;
  throw new Error(`expected success, got ${response.status} ${JSON.stringify(error)}`);
};

export const HOUR_MS = 3_600_000;

/** From when on a mentor has no bookings; a week ahead at the earliest: tomorrow is for the examples of the guide and of /docs. */
export const freeFrom = async (mentor: Apis): Promise<Date> => {
  const { items } = expectData(await mentor.bookings.GET('/bookings', { params: { query: { as: 'mentor' } } }));
  const ends = items.map(({ end }) => Date.parse(end));
  return new Date(Math.ceil(Math.max(Date.now() + 7 * 24 * HOUR_MS, ...ends) / HOUR_MS) * HOUR_MS);
};
