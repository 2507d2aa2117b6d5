import type { AuditRow, BookingRow, Evidence, Invariant, SessionRow, Violation } from '../evidence/evidence.ts';

const lifecycles = {
  session: [['scheduled', 'in_progress', 'completed']],
  booking: [
    ['draft', 'accepted'],
    ['draft', 'declined'],
    ['draft', 'cancelled'],
  ],
};

const isPrefix = (states: readonly string[], lifecycle: readonly string[]): boolean =>
  states.length > 0 && states.every((state, index) => state === lifecycle[index]);

const isGapless = (audit: readonly AuditRow[]): boolean =>
  audit.every(({ from_status }, index) => from_status === (audit[index - 1]?.to_status ?? null));

const violation = (says: string, row: object, audit: readonly AuditRow[]): Violation => ({
  invariant: 'I4',
  says,
  witness: { row, audit },
});

type Row = { readonly id: string; readonly status: string; readonly version: number };
type Rows<R extends Row> = {
  readonly rows: readonly R[];
  readonly audit: readonly AuditRow[];
  readonly allowed: readonly (readonly string[])[];
  /** Whether the row and its audit agree on the changes and who made them. */
  readonly agrees: (row: R, actorOf: (status: string) => string | null) => boolean;
};

const check = <R extends Row>({ rows, audit, allowed, agrees }: Rows<R>): Violation[] => {
  const auditOf = Map.groupBy(audit, ({ id }) => id);
  const wrong = rows.flatMap((row) => {
    const own = auditOf.get(row.id) ?? [];
    auditOf.delete(row.id);
    const states = own.map(({ to_status }) => to_status);
    const isLawful = isGapless(own) && allowed.some((lifecycle) => isPrefix(states, lifecycle));
    if (!isLawful || states.at(-1) !== row.status || states.length !== row.version)
      return [violation('an audit is no gapless prefix of the lifecycle that ends in the row’s state', row, own)];
    const actorOf = (status: string) => own.find(({ to_status }) => to_status === status)?.actor_user_id ?? null;
    return agrees(row, actorOf) ? [] : [violation('a row and its audit do not agree on who did what', row, own)];
  });
  const orphans = [...auditOf].map(([id, own]) => violation('an audit without its row', { id }, own));
  return [...wrong, ...orphans];
};

const bookingAgrees: Rows<BookingRow>['agrees'] = (booking, actorOf) => {
  const minted = [booking.session_id, booking.accepted_message_id].filter((id) => id !== null).length;
  return actorOf('draft') === booking.mentee_user_id && minted === (booking.status === 'accepted' ? 2 : 0);
};

/** A session is created by the user who accepted its booking; `acceptedBy` has all but the test's own. */
const sessionAgrees =
  (acceptedBy: ReadonlyMap<string, string | null>): Rows<SessionRow>['agrees'] =>
  (session, actorOf) => {
    const first = actorOf('scheduled');
    return (
      first !== null &&
      first === (acceptedBy.get(session.booking_id) ?? first) &&
      actorOf('in_progress') === session.started_by &&
      actorOf('completed') === session.completed_by
    );
  };

/** I4: the audit of each booking and session is a gapless prefix of its lifecycle, and the row agrees with it. */
export const auditIsAPrefixOfTheLifecycle: Invariant = ({ bookings, sessions }: Evidence) => {
  const acceptances = bookings.audit.filter(({ to_status }) => to_status === 'accepted');
  const acceptedBy = new Map(acceptances.map(({ id, actor_user_id }) => [id, actor_user_id]));
  const { booking, session } = lifecycles;
  return [
    ...check({ rows: bookings.bookings, audit: bookings.audit, allowed: booking, agrees: bookingAgrees }),
    ...check({
      rows: sessions.sessions,
      audit: sessions.audit,
      allowed: session,
      agrees: sessionAgrees(acceptedBy),
    }),
  ];
};
