import { expect } from '@jest/globals';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import type { Promised } from './bookings.ts';
import type { World } from './world.ts';

type Tables = Pick<World, 'rows'>;

const sessionsOf = async ({ rows }: Tables) =>
  rows.sessions.query(`
    select booking_id, id, start_time, end_time, mentor_profile_id, mentee_user_id from sessions order by booking_id`);

const asPromised = (promised: readonly Promised[]) =>
  promised
    .map(({ id, sessionId, start, end, mentorProfileId, menteeUserId }) => ({
      booking_id: id,
      id: sessionId,
      start_time: new Date(start),
      end_time: new Date(end),
      mentor_profile_id: mentorProfileId,
      mentee_user_id: menteeUserId,
    }))
    .toSorted((a, b) => (a.booking_id < b.booking_id ? -1 : 1));

const outboxesAreEmpty = async ({ rows }: Tables): Promise<boolean> => {
  const counts = await Promise.all(
    [rows.bookings, rows.sessions].map((service) => service.query('select count(*)::int as waiting from outbox')),
  );
  const waiting = counts.flat().map((row) => row['waiting']);
  if (waiting.some((count) => count > 0)) throw new Error(`waiting in the outboxes: ${waiting.join(', ')}`);
  return true;
};

/** Each promise is kept once: one session with the promised id, times and people, its creation audited once, and no message left. */
export const expectKept = async (world: Tables, promised: readonly Promised[], within = 60_000): Promise<void> => {
  await eventually(
    async () => {
      const [{ made } = { made: 0 }] = await world.rows.sessions.query('select count(*)::int as made from sessions');
      if (made < promised.length) throw new Error(`${made} of ${promised.length} sessions`);
      return true;
    },
    { within, describe: 'every accepted booking has its session' },
  );
  await eventually(() => outboxesAreEmpty(world), { within: 30_000, describe: 'the outboxes are empty' });
  expect(await sessionsOf(world)).toEqual(asPromised(promised));
  const creations = 'select session_id from session_transitions where from_status is null order by session_id';
  const ids = (await world.rows.sessions.query(creations)).map((row) => row['session_id']);
  expect(ids).toEqual(promised.map(({ sessionId }) => sessionId).toSorted());
  expect(await deadLetters(world)).toEqual([]);
};

export const deadLetters = ({ rows }: Tables) =>
  rows.sessions.query('select reason, message_id, attempts, times_seen, last_error from dead_letters order by id');
