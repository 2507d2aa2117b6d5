import { busy, listPlans, noOne } from '@mentor-sessions/lab/every-service/list-plans';
import { openBookings } from '../src/database/database.ts';
import { listBookings } from '../src/use-cases/bookings.ts';

listPlans({
  service: 'bookings',
  fill: `alter table bookings disable trigger booking_is_born; insert into bookings (id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time)
    select gen_random_uuid(), '${noOne}',
      case n % 4 when 0 then '${busy}' else md5('mentor' || n % 200)::uuid end,
      case n % 4 when 1 then '${busy}' else md5('mentee' || n % 200)::uuid end, start, start + interval '1 hour'
    from generate_series(1, 20000) n, lateral (select date_trunc('hour', now() + interval '1 hour') + (n - 4000) * interval '30 minutes') s (start);
    alter table bookings enable trigger booking_is_born`,
  statuses: ['draft', 'declined'],
  overdue: { expired: true },
  list: (database) => {
    const db = openBookings(database);
    return (actor, filter, page) => listBookings(db, actor, { filter, page });
  },
});
