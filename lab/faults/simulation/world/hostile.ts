import type { BookingAccepted, Envelope } from '@mentor-sessions/contracts';
import type { Random } from '../../random.ts';
import { acceptedBooking } from './bookings.ts';
import { newId } from './ids.ts';

/** A message published by an attacker, and the reason of its dead letter; null: a copy. */
export type Hostile = {
  readonly reason: string | null;
  readonly messageId: string | undefined;
  readonly userId: string;
  readonly body: Buffer;
  /** Whether it reached a queue. */
  readonly taken: boolean;
};

type Good = Envelope<BookingAccepted>;
type Make = (good: Good, random: Random) => Omit<Hostile, 'reason' | 'userId' | 'taken'> & { readonly userId?: string };

const message = (envelope: object, messageId = (envelope as { id?: string }).id): ReturnType<Make> => ({
  messageId,
  body: Buffer.from(JSON.stringify(envelope)),
});

const makers: Readonly<Record<string, Make>> = {
  copy: (good) => message(good),
  malformed: (_good, random) => ({ messageId: newId(random), body: Buffer.from([0xff, random.int(0, 255)]) }),
  'unknown-type': (good, random) => message({ ...good, id: newId(random), type: 'booking.invented' }),
  'unknown-version': (good, random) =>
    message({ ...good, id: newId(random), dataschema: 'urn:mentor-sessions:booking.accepted:99' }),
  'schema-violation': (good, random) => message({ ...good, id: newId(random), data: { ...good.data, start: 'soon' } }),
  'id-mismatch': (good, random) => message({ ...good, id: newId(random) }, newId(random)),
  'forged-sender': (_good, random) => ({ ...message(acceptedBooking(random)), userId: 'stranger' }),
  'content-mismatch': (good) => message({ ...good, data: { ...good.data, notes: 'other content' } }),
  'session-already-exists': (good, random) => message({ ...good, id: newId(random) }),
};

export const hostileKinds = Object.keys(makers);

/** `kind` is its fault; `good` is a valid message that was published before. */
export const hostile = (kind: string, good: Good, random: Random): Omit<Hostile, 'taken'> => {
  const make = makers[kind] as Make;
  return { reason: kind === 'copy' ? null : kind, userId: 'bookings', ...make(good, random) };
};
