import type { Broken } from './world.ts';

/** Booking, session and messages that an id belongs to. */
export const idsOf = ({ bookings, sessions }: Broken, id: string): Set<string> => {
  const ids = new Set([id]);
  for (const row of [...sessions.published, ...bookings.published])
    if (row.message_id === id) ids.add(row.aggregate_id);
  for (const session of sessions.sessions)
    if (ids.has(session.id) || ids.has(session.booking_id)) ids.add(session.id).add(session.booking_id);
  for (const { id: booking, session_id, accepted_message_id } of bookings.bookings)
    if (ids.has(booking) || ids.has(session_id ?? ''))
      for (const own of [booking, session_id, accepted_message_id]) if (own) ids.add(own);
  return ids;
};

const COMMENTS = 600;

/** As many characters as all that concerns one booking and its session takes, and a little for the words about it. */
export const sizeOfStory = (world: Broken, id: string): number => {
  const ids = [...idsOf(world, id)];
  const all = [
    ...world.operations,
    ...[world.bookings, world.sessions].flatMap((dump) => [dump.audit, dump.published, dump.outbox].flat()),
    ...[...world.bookings.bookings, ...world.sessions.sessions, ...world.wire],
  ].map((each) => JSON.stringify(each));
  const own = all.filter((text) => ids.some((one) => text.includes(one)));
  return own.reduce((size, text) => size + text.length + 1, COMMENTS);
};
