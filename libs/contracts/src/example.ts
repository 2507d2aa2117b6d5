const [start, end] = ['2026-12-01T09:00:00.000Z', '2026-12-01T10:00:00.000Z'];

/** Every field that an event may have, about a booking and a session that do not exist; each schema takes its own. */
const fields = (newId: () => string) => {
  const mentorUserId = newId();
  return {
    bookingId: newId(),
    sessionId: newId(),
    listingId: newId(),
    mentorProfileId: newId(),
    mentorUserId,
    menteeUserId: newId(),
    start,
    end,
    notes: null,
    metadata: {},
    acceptedAt: '2026-11-30T12:00:00.000Z',
    acceptedBy: mentorUserId,
    declinedAt: '2026-11-30T12:00:00.000Z',
    declinedBy: mentorUserId,
    cancelledAt: '2026-11-30T12:00:00.000Z',
    cancelledBy: mentorUserId,
    startedAt: start,
    startedBy: mentorUserId,
    completedAt: end,
    completedBy: mentorUserId,
    dueAt: end,
    offsetSeconds: 900,
  };
};

/** Valid data of an event with some of its fields as given, and the subject of such an event; throws if they are not valid. */
export const exampleOf = <Data>(
  { source, data }: { readonly source: string; readonly data: { parse(value: unknown): Data } },
  over: Partial<Data>,
  newId: () => string,
): { readonly subject: string; readonly data: Data } => {
  const all = { ...fields(newId), ...over };
  return { subject: source === '/bookings' ? all.bookingId : all.sessionId, data: data.parse(all) };
};
