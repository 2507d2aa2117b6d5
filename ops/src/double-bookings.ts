import type { Databases } from './connections.ts';
import type { SessionDifference } from './session-comparison.ts';

/** A small page, since each row is a separate search. */
const PAGE = 200;

const hours = `select id as "sessionId", booking_id as "bookingId", mentor_profile_id as "mentorProfileId",
    start_time as start, end_time as end from sessions where id = any($1::uuid[])`;

const bookedInstead = `
  select asked.session_id as "sessionId", other.id as "bookingId"
  from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[])
      as asked (session_id, booking_id, mentor_profile_id, start_time, end_time),
    lateral (select id from bookings b
      where b.mentor_profile_id = asked.mentor_profile_id and b.status = 'accepted' and b.id <> asked.booking_id
        and tstzrange(b.start_time, b.end_time, '[)') && tstzrange(asked.start_time, asked.end_time, '[)')
      limit 1) other`;

type Hour = Readonly<Record<'sessionId' | 'bookingId' | 'mentorProfileId', string> & Record<'start' | 'end', Date>>;
type BookedInstead = { readonly sessionId: string; readonly bookingId: string };

/** For each session without a booking, an accepted booking of its mentor at the same time. */
export const findDoubleBookings = async (
  { bookings, sessions }: Databases,
  differences: readonly SessionDifference[],
): Promise<ReadonlyMap<string, string>> => {
  const ids = differences.filter(({ state }) => state === 'unbooked').map(({ sessionId }) => sessionId);
  const found = new Map<string, string>();
  for (let at = 0; at < ids.length; at += PAGE) {
    const asked = await sessions.query<Hour>(hours, [ids.slice(at, at + PAGE)]);
    const column = <Name extends keyof Hour>(name: Name): Hour[Name][] => asked.map((hour) => hour[name]);
    const values = [
      column('sessionId'),
      column('bookingId'),
      column('mentorProfileId'),
      column('start'),
      column('end'),
    ];
    const rows = await bookings.query<BookedInstead>(bookedInstead, values);
    for (const { sessionId, bookingId } of rows) found.set(sessionId, bookingId);
  }
  return found;
};
