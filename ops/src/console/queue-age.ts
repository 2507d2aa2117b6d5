import type { Databases } from '../databases.ts';

// Whatever bookings has published and heard nothing of is in the queue or in a consumer's hands: the broker itself does
// not tell how old a message is. Left out is what waits in the outbox to be sent again.
const published = `select coalesce(extract(epoch from clock_timestamp() - min(p.published_at)), 0)::float8 as "ageSeconds"
  from awaited_sessions a join outbox_published p on p.aggregate_id = a.booking_id and p.type = 'booking.accepted'
  where not exists (select from outbox o where o.aggregate_id = a.booking_id)`;

/** Since the oldest acceptance without a known session was published; 0 if there is none. */
export const readQueueAge = async ({ bookings }: Pick<Databases, 'bookings'>): Promise<number> => {
  const [oldest] = await bookings.query<{ ageSeconds: number }>(published);
  return oldest?.ageSeconds ?? 0;
};
