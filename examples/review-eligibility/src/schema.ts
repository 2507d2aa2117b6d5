import { subscriberSchema } from '@mentor-sessions/messaging/schema';

/** Run once, as the owner of the database. */
export const reviewsSchema: readonly string[] = [
  ...subscriberSchema({ appRole: 'reviews_app' }).up,
  `create table unlocked_reviews (
    session_id        uuid primary key, -- one review for each session
    mentee_user_id    uuid not null,
    mentor_profile_id uuid not null,
    unlocked_at       timestamptz not null
  )`,
  'grant select, insert on unlocked_reviews to reviews_app',
];
