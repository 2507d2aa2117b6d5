import fc from 'fast-check';
import type {
  AuditRow,
  BookingRow,
  BookingsDump,
  Copy,
  DeadLetterRow,
  Evidence,
  OutboxRow,
  QueueDepth,
  SessionRow,
  SessionsDump,
  TimerEventRow,
} from '../../evidence/evidence.ts';
import type { Operation } from '../../evidence/history.ts';
import type { Changing } from '../lawful/world.ts';

export type Name = `I${number}`;
/** One way to make lawful evidence unlawful. */
export type Breakage = {
  readonly says: string;
  /** The invariants that must report it. */
  readonly by: readonly Name[];
  /** Other invariants that it breaks as well in some worlds. */
  readonly also?: readonly Name[];
  /** Returns the id concerned. */
  readonly breaks: (world: Broken, pick: Pick) => string;
};

export type Reported = Omit<Breakage, 'says' | 'breaks'>;

export const broken = (says: string, reported: Reported, breaks: Breakage['breaks']): Breakage => ({
  says,
  ...reported,
  breaks,
});

type Change<Row> = (row: Row, world: Broken, pick: Pick) => unknown;

/** A session in one of these states is changed. */
export const brokenSession = (
  says: string,
  reported: Reported,
  statuses: readonly Session['status'][],
  change: Change<Session>,
): Breakage =>
  broken(says, reported, (world, pick) => {
    const session = pick(sessionsThatAre(world, ...statuses));
    change(session, world, pick);
    return session.id;
  });

/** A booking in this state is changed. */
export const brokenBooking = (
  says: string,
  reported: Reported,
  status: Booking['status'],
  change: Change<Booking>,
): Breakage =>
  broken(says, reported, (world, pick) => {
    const booking = pick(bookingsThatAre(world, status));
    change(booking, world, pick);
    return booking.id;
  });

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

/** The maximum length of a report: the evidence about one booking and its session, and some words. */
export const sizeOfStory = (world: Broken, id: string): number => {
  const ids = [...idsOf(world, id)];
  const { bookings, sessions } = world;
  const all = [
    ...world.operations,
    ...bookings.audit,
    ...bookings.published,
    ...bookings.outbox,
    ...sessions.audit,
    ...sessions.published,
    ...sessions.outbox,
    ...world.bookings.bookings,
    ...world.sessions.sessions,
    ...world.wire,
  ].map((each) => JSON.stringify(each));
  const own = all.filter((text) => ids.some((one) => text.includes(one)));
  return own.reduce((size, text) => size + text.length + 1, COMMENTS);
};

type Lists<T> = { [Name in keyof T]: T[Name] extends readonly (infer Row)[] ? Changing<Row>[] : T[Name] };
/** Mutable evidence. */
export type Broken = {
  operations: Changing<Operation>[];
  bookings: Lists<Changing<BookingsDump>>;
  sessions: Lists<Changing<SessionsDump>>;
  wire: Changing<Copy>[];
  queues: Changing<QueueDepth>[];
  poisoned: Map<string, readonly string[]>;
  ownMessages: Set<string>;
  ownBookings: Set<string>;
  wireHasGaps: boolean;
  timing: Evidence['timing'];
  now: number;
  leaks: string[];
};
export type Booking = Changing<BookingRow>;
export type Session = Changing<SessionRow>;
type Audit = Changing<AuditRow>;
export type Row = Changing<OutboxRow>;
export type Letter = Changing<DeadLetterRow>;
export type Times = Changing<TimerEventRow>;
export type Pick = <T>(from: readonly T[]) => T;

export const copyOfEvidence = (evidence: Evidence): Broken => structuredClone(evidence) as Broken;

/** A random one of them; a world without any is skipped. */
export const pickBy =
  (chance: number): Pick =>
  <T>(from: readonly T[]): T => {
    fc.pre(from.length > 0);
    return from[chance % from.length] as T;
  };

const isOwn = ({ ownBookings }: Broken, { booking_id }: Session): boolean => ownBookings.has(booking_id);

export const sessionsThatAre = (world: Broken, ...statuses: Session['status'][]): Session[] =>
  world.sessions.sessions.filter((session) => statuses.includes(session.status) && !isOwn(world, session));

export const bookingsThatAre = ({ bookings }: Broken, status: Booking['status']): Booking[] =>
  bookings.bookings.filter((booking) => booking.status === status);

export const bookingOf = ({ bookings }: Broken, { booking_id }: Session): Booking =>
  bookings.bookings.find(({ id }) => id === booking_id) as Booking;

/** Removes matching elements from a list. */
export const drop = <T>(list: T[], fits: (each: T) => boolean): void =>
  void list.splice(0, list.length, ...list.filter((each) => !fits(each)));

export const auditOf = (rows: Audit[], id: string, status: string): Audit =>
  rows.find((row) => row.id === id && row.to_status === status) as Audit;

let ids = 0;
export const newId = (): string => `ffffffff-0000-4000-8000-${String(++ids).padStart(12, '0')}`;

const lastMoment = ({ operations }: Broken): number => Math.max(0, ...operations.map(({ endedAt }) => endedAt));

type Question = { [Name in 'action' | 'aggregate' | 'id' | 'actor']: Operation[Name] };

/** Another request, after all others unless it has a time. */
export const ask = (world: Broken, operation: Partial<Operation> & Question): void => {
  const now = lastMoment(world);
  const usual = { n: world.operations.length, invokedAt: now + 1, endedAt: now + 2, outcome: 'ok' as const };
  world.operations.push({ ...usual, answer: '200', status: null, ...operation });
};

/** Changes the content of every copy of an event. */
export const sayOtherwise = (
  { wire }: Broken,
  isMeant: (copy: Copy) => boolean,
  change: (body: { data: Record<string, unknown> } & Record<string, unknown>) => void,
): void => {
  for (const copy of wire.filter(isMeant)) {
    const body = JSON.parse(copy.body) as { data: Record<string, unknown> };
    change(body);
    copy.body = JSON.stringify(body);
  }
};

export const isEvent =
  (type: string, aggregate: string) =>
  (copy: Copy): boolean =>
    copy.type === type && copy.subject === aggregate;

export const rowOf = (rows: Row[], type: string, aggregate: string): Row =>
  rows.find((row) => row.type === type && row.aggregate_id === aggregate) as Row;

export const copiesOf = ({ wire }: Broken, { message_id }: Row): Changing<Copy>[] =>
  wire.filter(({ id }) => id === message_id);
