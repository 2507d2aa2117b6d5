import { randomUUID } from 'node:crypto';
import type { ApiClient } from '@mentor-sessions/lab/api-client';
import { people, profileId } from '@mentor-sessions/lab/people';

export const mentor = people['its mentor'];
export const mentee = people['its mentee'];

/** What the responses to the mentee and the mentor promised. */
export type Promised = {
  readonly id: string;
  readonly sessionId: string;
  readonly start: string;
  readonly end: string;
  readonly mentorProfileId: string;
  readonly menteeUserId: string;
};

type Headers = Readonly<Record<string, string>>;

const SLOT_MS = 300_000;
const DAY_MS = 86_400_000;
// two days ahead: session.starting-soon is published a day before the start
const firstStart = Math.ceil(Date.now() / SLOT_MS) * SLOT_MS + 2 * DAY_MS;
let slots = 0;

/** A request for five minutes of the mentor, two days ahead or later, that overlaps no other. */
export const bookingRequest = (over: object = {}) => {
  const start = firstStart + slots++ * SLOT_MS;
  const [from, to] = [new Date(start).toISOString(), new Date(start + SLOT_MS).toISOString()];
  return { listingId: randomUUID(), mentorProfileId: profileId, start: from, end: to, ...over };
};

export const requestBooking = async (api: ApiClient, over: object = {}): Promise<string> => {
  const { status, text, body } = await api('POST', '/bookings', { as: mentee, body: bookingRequest(over) });
  if (status !== 201) throw new Error(`requesting a booking: ${status} ${text}`);
  return body.id;
};

export const acceptBooking = async (api: ApiClient, id: string, headers: Headers = {}): Promise<Promised> => {
  const { status, text, body } = await api('PATCH', `/bookings/${id}/accept`, { as: mentor, headers });
  if (status !== 200) throw new Error(`accepting booking ${id}: ${status} ${text}`);
  return body;
};

export const acceptedBooking = async (api: ApiClient, over: object = {}, headers: Headers = {}): Promise<Promised> =>
  acceptBooking(api, await requestBooking(api, over), headers);
