import type { AuditRow, BookingRow, DeadLetterRow, OutboxRow, SessionRow } from '../../evidence/evidence.ts';
import type { Operation } from '../../evidence/history.ts';
import type { Tape } from './tape.ts';

export type Changing<Row> = { -readonly [Column in keyof Row]: Row[Column] };
/** An event and the bytes that every copy of it has. */
export type Event = { readonly row: OutboxRow; readonly body: string };
export type Person = { readonly userId: string; readonly mentorProfileId: string | null };

/** The system as it is while people use it; at the end it is what evidence is read from. */
export type World = {
  readonly tape: Tape;
  readonly id: () => string;
  /** Milliseconds, later each time. */
  readonly tick: () => number;
  /** An hour of the mentor that nobody else has. */
  readonly hour: () => { readonly start: string; readonly end: string };
  readonly recordsProfiles: boolean;
  readonly operations: Operation[];
  readonly bookings: Changing<BookingRow>[];
  readonly sessions: Changing<SessionRow>[];
  readonly bookingAudit: AuditRow[];
  readonly sessionAudit: AuditRow[];
  readonly told: { readonly bookings: Event[]; readonly sessions: Event[] };
  readonly inbox: string[];
  readonly deadLetters: DeadLetterRow[];
  readonly poisoned: Map<string, readonly string[]>;
  readonly ownMessages: Set<string>;
  readonly ownBookings: Set<string>;
  readonly people: {
    readonly mentor: Person;
    readonly colleague: Person;
    readonly mentee: Person;
    readonly stranger: Person;
  };
};

const twoDigits = (n: number): string => String(n).padStart(2, '0');

export const createWorld = (tape: Tape): World => {
  let ids = 0;
  let time = 0;
  let hours = 0;
  const id = () => `00000000-0000-4000-8000-${String(++ids).padStart(12, '0')}`;
  const at = (n: number) => `2040-01-${twoDigits(1 + Math.floor(n / 24))} ${twoDigits(n % 24)}:00:00+00`;
  const [profile, others] = [id(), id()];
  const person = (mentorProfileId: string | null): Person => ({ userId: id(), mentorProfileId });
  return {
    ...{ tape, id, tick: () => ++time, hour: () => ({ start: at(hours++), end: at(hours) }) },
    recordsProfiles: tape.chance(0.5),
    ...{ operations: [], bookings: [], sessions: [], bookingAudit: [], sessionAudit: [], inbox: [], deadLetters: [] },
    ...{ told: { bookings: [], sessions: [] }, poisoned: new Map(), ownMessages: new Set(), ownBookings: new Set() },
    people: {
      ...{ mentor: person(profile), colleague: person(profile), mentee: person(null) },
      stranger: person(tape.chance(0.5) ? others : null),
    },
  };
};
