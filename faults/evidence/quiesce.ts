import { setTimeout as pause } from 'node:timers/promises';
import type { FaultWorld } from '../world/fault-world.ts';
import { dumpBookings, dumpSessions } from './dump.ts';
import type { Evidence } from './evidence.ts';
import { leaksInLogs } from './logs.ts';
import { queueDepths, readSpy } from './spy.ts';

const LOOK_AGAIN_MS = 50;

const counted = async (world: FaultWorld): Promise<boolean> => {
  const ids = async (service: 'bookings' | 'sessions', sql: string) =>
    (await world.rows[service].query<{ id: string }>(sql)).map(({ id }) => id);
  const waiting = [
    ...(await ids('bookings', 'select message_id as id from outbox')),
    ...(await ids('sessions', 'select message_id as id from outbox')),
  ];
  if (waiting.length > 0) return false;
  const settled = new Set([
    ...(await ids('sessions', 'select message_id::text as id from inbox union select message_id from dead_letters')),
    ...(await ids('bookings', 'select message_id as id from dead_letters')),
  ]);
  const published = await ids('bookings', 'select message_id as id from outbox_published');
  const wanted = [...published, ...world.doings.ownMessages, ...world.doings.poisoned.keys()];
  if (wanted.some((id) => !settled.has(id))) return false;
  return (await queueDepths(world.stack.amqpUrl)).every(({ messages }) => messages === 0);
};

/** Until nothing moves any more, or `within` ms are over: then the evidence will show what still does. */
export const quiesce = async (world: FaultWorld, within: number): Promise<boolean> => {
  const deadline = performance.now() + within;
  while (performance.now() < deadline) {
    if (await counted(world).catch(() => false)) return true;
    await pause(LOOK_AGAIN_MS);
  }
  return false;
};

/** Stops the roles, so that what a consumer still held is back in its queue, and reads everything there is. */
export const collect = async (world: FaultWorld): Promise<Evidence> => {
  await Promise.all(world.allRoles().map((role) => role.stop()));
  return {
    operations: world.history.operations,
    bookings: await dumpBookings(world.rows.bookings),
    sessions: await dumpSessions(world.rows.sessions),
    wire: await readSpy(world.stack.amqpUrl),
    queues: await queueDepths(world.stack.amqpUrl),
    ...world.doings,
    leaks: [...world.leaks, ...(await leaksInLogs(world.allRoles(), world.canary))],
  };
};
