import type { SessionCompleted } from '@mentor-sessions/contracts';
import type { Message, Queryable } from '@mentor-sessions/messaging';

// one review per session, permanently, even after the inbox is pruned
const unlock = `insert into unlocked_reviews (session_id, mentee_user_id, mentor_profile_id, unlocked_at)
  select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[])
  on conflict (session_id) do nothing`;

/** The effect, in the transaction that enters the inbox: the mentee of a completed session may write one review. */
export const unlockReviews = async (messages: readonly Message<SessionCompleted>[], tx: Queryable): Promise<void> => {
  const all = messages.map(({ data }) => data);
  await tx.query(unlock, [
    all.map(({ sessionId }) => sessionId),
    all.map(({ menteeUserId }) => menteeUserId),
    all.map(({ mentorProfileId }) => mentorProfileId),
    all.map(({ completedAt }) => completedAt),
  ]);
};
