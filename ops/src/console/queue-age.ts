import { onlyRow, present } from '@mentor-sessions/service-kit/database';
import type { Databases } from '../databases.ts';

/** The oldest that wait: whatever is late is among them. */
const OLDEST = 200;

// Whatever bookings has published and heard nothing of is in the queue or in a consumer's hands: the broker itself does
// not tell how old a message is. Left out is what waits in the outbox to be sent again.
const published = `select coalesce(extract(epoch from clock_timestamp() - min(p.published_at)), 0)::float8 as "ageSeconds"
  from (select booking_id, accepted_at from awaited_sessions order by accepted_at limit ${OLDEST}) a cross join lateral (
    select published_at from outbox_published p
    where p.aggregate_id = a.booking_id and p.type = 'booking.accepted'
      and p.published_at between a.accepted_at - interval '1 hour' and now() limit 1) p
  where not exists (select from outbox o where o.aggregate_id = a.booking_id)`;

/** Since the oldest acceptance without a known session was published; 0 if there is none. */
export const readQueueAge = async ({ bookings }: Pick<Databases, 'bookings'>): Promise<number> => {
  const oldest = onlyRow(await bookings.query<{ ageSeconds: number }>(published), 'queue age');
  return present(oldest.ageSeconds, 'queue age');
};
