import type {
  AuditRow,
  BookingRow,
  DeadLetterRow,
  OutboxRow,
  SessionRow,
  TimerEventRow,
  Copy,
} from '../../evidence/evidence.ts';
import type { Operation, Action } from '../../evidence/history.ts';

export type Changing<Row> = { -readonly [Column in keyof Row]: Row[Column] };
/** An event and the bytes that every copy of it has. */
export type Event = { readonly row: OutboxRow; readonly body: string };
export type Person = { readonly userId: string; readonly mentorProfileId: string | null };

/** The end of all requests. The sessions' hours are ten years later. */
export const LONG_AGO = Date.UTC(2030, 0, 1);

const twoDigits = (n: number): string => String(n).padStart(2, '0');

/** The state of the system, from which the evidence is read at the end. */
export const createWorld = (tape: Tape) => {
  let ids = 0;
  let time = 0;
  let hours = 0;
  const id = () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`;
  const at = (n: number) => `2040-01-${twoDigits(1 + Math.floor(n / 24))} ${twoDigits(n % 24)}:00:00+00`;
  const [profile, others] = [id(), id()];
  const person = (mentorProfileId: string | null): Person => ({ userId: id(), mentorProfileId });
  return {
    tape,
    id,
    /** Milliseconds, later each time. */
    tick: () => ++time,
    /** A free hour of the mentor. */
    hour: () => ({ start: at(hours++), end: at(hours) }),
    recordsProfiles: tape.chance(0.5),
    operations: [] as Operation[],
    bookings: [] as Changing<BookingRow>[],
    sessions: [] as Changing<SessionRow>[],
    bookingAudit: [] as AuditRow[],
    sessionAudit: [] as Changing<AuditRow>[],
    inbox: [] as string[],
    deadLetters: [] as DeadLetterRow[],
    events: { bookings: [] as Event[], sessions: [] as Event[] },
    timerEvents: { bookings: [] as TimerEventRow[], sessions: [] as TimerEventRow[] },
    poisoned: new Map<string, readonly string[]>(),
    ownMessages: new Set<string>(),
    ownBookings: new Set<string>(),
    people: {
      mentor: person(profile),
      colleague: person(profile),
      mentee: person(null),
      stranger: person(tape.chance(0.5) ? others : null),
    },
  };
};

export type World = ReturnType<typeof createWorld>;

/** Random choices from a list of numbers from 0 to 999, which fast-check can shrink; 0 after its end. */
export const tapeOf = (numbers: readonly number[]) => {
  let position = 0;
  const next = (): number => numbers[position++] ?? 0;
  /** From 0 to `below`, exclusive. */
  const int = (below: number): number => next() % below;
  return {
    int,
    /** Never after the end of the list, so that the smallest world is the quietest. */
    chance: (probability: number) => next() >= 1_000 * (1 - probability),
    pick: <T>(from: readonly T[]) => from[int(from.length)] as T,
    shuffle: <T>(these: readonly T[]) => {
      const left = [...these];
      return these.map(() => left.splice(int(left.length), 1)[0] as T);
    },
  };
};
type Tape = ReturnType<typeof tapeOf>;

/** A booking or session and the requests about it. */
export type Thing = {
  readonly aggregate: Operation['aggregate'];
  readonly id: string;
  readonly status: () => string | null;
  /** Does it if it is allowed; returns the response. */
  readonly attempt: (action: Action, person: Person) => string;
  /** Pending effects of requests without a response. */
  readonly later: (() => void)[];
};
type Ask = readonly [Action, Person];
type Fate = Pick<Operation, 'outcome' | 'answer'> & { readonly effect: 'now' | 'later' | 'never' };

const unanswered = ['ECONNRESET', '503 outcome-unknown', 'no answer in time', 'EPIPE'];

const fateOf = ({ tape }: World): Fate | null => {
  if (!tape.chance(0.25)) return null; // answered
  if (tape.chance(0.3)) return { outcome: 'fail', answer: tape.pick(['refused', '503 unavailable']), effect: 'never' };
  return { outcome: 'info', answer: tape.pick(unanswered), effect: tape.pick(['now', 'later', 'never']) };
};

/** The actor, with the profile if this run records profiles. */
export const actorOf = ({ recordsProfiles }: World, { userId, mentorProfileId }: Person) => ({
  actor: userId,
  ...(recordsProfiles && { mentorProfileId }),
});

const shownStatus = (answer: string, thing: Thing): string | null =>
  /^200|^409 invalid-transition/.test(answer) ? thing.status() : null;

/** Concurrent requests: all are sent, then take effect in any order, then the first is answered. */
export const round = (world: World, thing: Thing, asks: readonly Ask[]): void => {
  const { tape, tick, operations } = world;
  const waiting = asks.map(([action, person]) => ({ action, person, invokedAt: tick(), fate: fateOf(world) }));
  const endings: (() => void)[] = [];
  const effects = waiting.map(({ action, person, invokedAt, fate }) => () => {
    const attempt = () => thing.attempt(action, person);
    if (fate?.effect === 'later') thing.later.push(attempt);
    const answer = !fate || fate.effect === 'now' ? attempt() : '';
    const status = fate ? null : shownStatus(answer, thing);
    const known = { outcome: answer.startsWith('2') ? ('ok' as const) : ('fail' as const), answer };
    const { outcome, answer: shown } = fate ?? known;
    const asked = { action, aggregate: thing.aggregate, id: thing.id, ...actorOf(world, person), invokedAt };
    endings.push(() =>
      operations.push({ n: operations.length, ...asked, endedAt: tick(), outcome, answer: shown, status }),
    );
  });
  const late = thing.later.filter(() => tape.chance(0.5));
  for (const one of late) thing.later.splice(thing.later.indexOf(one), 1);
  for (const effect of tape.shuffle([...late, ...effects])) effect();
  for (const end of tape.shuffle(endings)) end();
};

/** At the end, pending effects happen or never do. */
export const settle = ({ tape }: World, { later }: Thing): void => {
  for (const effect of later.splice(0)) if (tape.chance(0.5)) effect();
};

const written = (time: string): string => `${time.slice(0, 19).replace(' ', 'T')}.000Z`;

export const terms = (row: BookingRow | SessionRow) => ({
  listingId: row.listing_id,
  mentorProfileId: row.mentor_profile_id,
  menteeUserId: row.mentee_user_id,
  start: written(row.start_time),
  end: written(row.end_time),
  metadata: JSON.parse(row.metadata) as object,
});

type Occurrence = Event['row'] & { readonly bookingId: string; readonly data: object; readonly at?: number };

export const event = ({ bookingId, data, at = LONG_AGO, ...row }: Occurrence): Event => {
  const { message_id: id, aggregate_id: subject, type } = row;
  const envelope = {
    specversion: '1.0',
    id,
    source: type.startsWith('booking.') ? '/bookings' : '/sessions',
    type,
    subject,
    time: new Date(at).toISOString(),
    dataschema: `urn:mentor-sessions:${type}:1`,
    sequence: String(row.sequence).padStart(10, '0'),
    correlationid: bookingId,
    data,
  };
  return { row, body: JSON.stringify(envelope) };
};

/** The event of the booking's last change. */
export const bookingEvent = ({ id }: World, booking: BookingRow, by: string): Event => {
  const { id: bookingId, status, version: sequence, session_id: sessionId, notes } = booking;
  const said = {
    draft: {},
    accepted: { sessionId, notes, acceptedBy: by },
    declined: { declinedBy: by },
    cancelled: { cancelledBy: by },
  }[status];
  return event({
    message_id: booking.accepted_message_id ?? id(),
    aggregate_id: bookingId,
    bookingId,
    sequence,
    type: `booking.${status === 'draft' ? 'requested' : status}`,
    data: { bookingId, ...terms(booking), ...said },
  });
};

/** The event of the session's last change. */
export const sessionEvent = ({ id }: World, session: SessionRow, mentorUserId: string): Event => {
  const { status, version: sequence, started_by: startedBy, completed_by: completedBy } = session;
  const type = { scheduled: 'session.scheduled', in_progress: 'session.started', completed: 'session.completed' }[
    status
  ];
  const scheduled = { sessionId: session.id, bookingId: session.booking_id, ...terms(session), mentorUserId };
  const data = { ...scheduled, ...(startedBy && { startedBy }), ...(completedBy && { completedBy }) };
  return event({ message_id: id(), aggregate_id: session.id, bookingId: session.booking_id, sequence, type, data });
};

const copyOf = ({ row, body }: Event): Copy => ({
  id: row.message_id,
  type: row.type,
  subject: row.aggregate_id,
  sequence: String(row.sequence).padStart(10, '0'),
  body,
});

/** First copies in the order of each aggregate; later copies at any time after their first. */
export const wireOf = ({ tape, events }: World): Copy[] => {
  const waiting = [...Map.groupBy([...events.bookings, ...events.sessions], ({ row }) => row.aggregate_id).values()];
  const wire: Copy[] = [];
  const sent: Event[] = [];
  while (waiting.some(({ length }) => length > 0)) {
    const lane = tape.pick(waiting.filter(({ length }) => length > 0));
    const first = lane.shift() as Event;
    sent.push(first);
    wire.push(copyOf(first));
    while (tape.chance(0.2)) wire.push(copyOf(tape.pick(sent)));
  }
  return wire;
};
