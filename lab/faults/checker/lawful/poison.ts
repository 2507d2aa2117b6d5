import type { BookingRow } from '../../evidence/evidence.ts';
import { schedule } from './session-life.ts';
import type { World } from './world.ts';

const reasons = ['malformed', 'unknown-type', 'unknown-version', 'schema-violation', 'forged-sender', 'handler-failed'];

const letter = ({ deadLetters, tape }: World, message_id: string, reason: string, resolution: string | null = null) =>
  deadLetters.push({ message_id, reason, times_seen: 1 + tape.int(3), resolution, last_error: 'it cannot be' });

/** A message that cannot be handled, kept with one of the reasons that it gives. */
export const poison = (world: World): void => {
  const id = world.id();
  const lawful = [world.tape.pick(reasons), world.tape.pick(reasons)];
  world.poisoned.set(id, lawful);
  letter(world, id, world.tape.pick(lawful));
};

/** The id of a good message, with other content: the good one stays handled. */
export const otherContent = (world: World, id: string): void => {
  world.poisoned.set(id, ['content-mismatch']);
  letter(world, id, 'content-mismatch');
};

/** Given back too often through no fault of its own, and handled by the drain. */
export const suspect = (world: World, id: string): void => void letter(world, id, 'delivery-limit', 'handled');

/** A good message that the test itself sent, of a booking that only it knows. */
export const ownMessage = (world: World): void => {
  const [message, booking] = [world.id(), world.id()];
  world.ownMessages.add(message);
  world.ownBookings.add(booking);
  const row: BookingRow = {
    ...{ id: booking, listing_id: world.id(), mentor_profile_id: world.id(), mentee_user_id: world.id() },
    ...{ start_time: '2039-02-01 09:00:00+00', end_time: '2039-02-01 10:00:00+00', status: 'accepted', version: 2 },
    ...{ session_id: world.id(), accepted_message_id: message, notes: null, metadata: '{}' },
  };
  schedule(world, { ...row, version: 1 }, world.id());
};
