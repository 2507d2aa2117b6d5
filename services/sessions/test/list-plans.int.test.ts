import { busy, listPlans, noOne } from '@mentor-sessions/lab/every-service/list-plans';
import { openSessions } from '../src/database/database.ts';
import { listSessions } from '../src/use-cases/sessions.ts';

listPlans({
  service: 'sessions',
  fill: `with asked as (
      select gen_random_uuid() as id, gen_random_uuid() as booking, start, start + interval '1 hour' as "end",
        case n % 4 when 0 then '${busy}' else md5('mentor' || n % 200)::uuid end as mentor,
        case n % 4 when 1 then '${busy}' else md5('mentee' || n % 200)::uuid end as mentee
      from generate_series(1, 20000) n, lateral (select date_trunc('hour', now() + interval '1 hour') + (n - 4000) * interval '1 hour') s (start)),
    accepted as (
      insert into accepted_bookings (session_id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time,
        end_time, message_id, content_hash, accepted_at, accepted_by)
      select id, booking, '${noOne}', mentor, mentee, start, "end", gen_random_uuid(), sha256(''), now(), '${busy}' from asked)
    insert into sessions (id, booking_id, listing_id, mentor_profile_id, mentee_user_id, start_time, end_time)
    select id, booking, '${noOne}', mentor, mentee, start, "end" from asked`,
  statuses: ['scheduled', 'completed'],
  overdue: { attention: ['start-overdue'] },
  list: (database) => {
    const db = openSessions(database);
    return (actor, filter, page) => listSessions(db, actor, { filter, page, completionGraceSeconds: 3_600 });
  },
});
