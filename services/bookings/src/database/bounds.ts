import type pg from 'pg';
import type { Bounds } from '../domain/booking.ts';

/** For the trigger; as the owner, since the application may not write them. */
export const writeBounds = async (owner: pg.Client, { longestHours, furthestDays }: Bounds): Promise<void> => {
  await owner.query(
    `insert into booking_bounds (longest_hours, furthest_days) values ($1, $2)
    on conflict (id) do update set longest_hours = excluded.longest_hours, furthest_days = excluded.furthest_days`,
    [longestHours, furthestDays],
  );
};
