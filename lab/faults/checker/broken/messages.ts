import { broken, drop, newId, type Breakage, type Broken, type Letter } from './world.ts';

const letter = (message_id: string | null, reason: string, resolution: string | null = null): Letter => ({
  message_id,
  reason,
  resolution,
  times_seen: 1,
  last_error: 'because',
});

const unsuspected = ({ bookings, sessions }: Broken) => {
  const dead = new Set(sessions.deadLetters.map(({ message_id }) => message_id));
  return bookings.published.filter(({ type, message_id }) => type === 'booking.accepted' && !dead.has(message_id));
};

export const brokenMessages: readonly Breakage[] = [
  broken('a row was left in an outbox', { by: ['I8'] }, ({ bookings, sessions }, pick) => {
    const dump = pick([bookings, sessions]);
    const row = pick(dump.published);
    drop(dump.published, ({ message_id }) => message_id === row.message_id);
    dump.outbox.push(row);
    return row.message_id;
  }),
  broken('a message was left in a queue', { by: ['I8'] }, ({ queues }, pick) => {
    const queue = pick(queues);
    queue.messages = 1;
    return queue.queue;
  }),
  broken('a published message was neither handled nor kept', { by: ['I8'] }, (world, pick) => {
    const { message_id } = pick(unsuspected(world));
    drop(world.sessions.inbox, (id) => id === message_id);
    return message_id;
  }),
  broken('a message was handled that no one published', { by: ['I8'] }, ({ sessions }) => {
    const id = newId();
    sessions.inbox.push(id);
    return id;
  }),
  broken('a poisoned message was handled', { by: ['I8'] }, ({ sessions, poisoned, bookings }, pick) => {
    const published = new Set(bookings.published.map(({ message_id }) => message_id));
    const id = pick([...poisoned.keys()].filter((each) => !published.has(each)));
    sessions.inbox.push(id);
    return id;
  }),
  broken('a good message is dead', { by: ['I8'] }, (world, pick) => {
    const { message_id } = pick(unsuspected(world));
    pick([world.sessions, world.bookings]).deadLetters.push(letter(message_id, 'handler-failed'));
    return message_id;
  }),
  broken('a message without an id is dead', { by: ['I8'] }, ({ sessions }) => {
    sessions.deadLetters.push(letter(null, 'malformed', 'handled'));
    return 'malformed';
  }),
  broken('a good message was thrown away by resolving it', { by: ['I8'] }, (world, pick) => {
    const { message_id } = pick(unsuspected(world));
    world.sessions.deadLetters.push(letter(message_id, 'delivery-limit', 'discarded'));
    return message_id;
  }),
  broken('a dead letter counts as handled and was not', { by: ['I8'] }, (world, pick) => {
    const { message_id } = pick(unsuspected(world));
    drop(world.sessions.inbox, (id) => id === message_id);
    world.sessions.deadLetters.push(letter(message_id, 'delivery-limit', 'handled'));
    return message_id;
  }),
  broken('a poisoned message is kept with another reason', { by: ['I8'] }, ({ sessions, poisoned }, pick) => {
    const id = pick([...poisoned.keys()]);
    for (const each of sessions.deadLetters) if (each.message_id === id) each.reason = 'id-mismatch';
    return id;
  }),
  broken('a poisoned message was not kept', { by: ['I8'] }, ({ sessions, poisoned }, pick) => {
    const id = pick([...poisoned.keys()]);
    drop(sessions.deadLetters, ({ message_id, reason }) => message_id === id && reason !== 'delivery-limit');
    return id;
  }),
];
