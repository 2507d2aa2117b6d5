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

/** A queue's depth leaves out what a consumer holds until it tries it again: asks the workers' heartbeats since `at`. */
const nothingIsHeld = async (world: FaultWorld, at: string): Promise<boolean> => {
  const held = `select id from workers where 'consumer' = any(roles) and stopped_at is null
    and seen_at > clock_timestamp() - interval '8 s' and (seen_at < '${at}' or in_flight > 0)`;
  const rows = await Promise.all([world.rows.bookings.query(held), world.rows.sessions.query(held)]);
  return rows.flat().length === 0;
};

const until = async (isSo: () => Promise<boolean>, within: number): Promise<boolean> => {
  const deadline = performance.now() + within;
  while (performance.now() < deadline) {
    if (await isSo().catch(() => false)) return true;
    await pause(LOOK_AGAIN_MS);
  }
  return false;
};

/** Until nothing moves any more, or `within` ms are over: then the evidence will show what still does. */
export const quiesce = async (world: FaultWorld, within: number): Promise<boolean> => {
  if (!(await until(() => counted(world), within))) return false;
  const [now] = await world.rows.bookings.query<{ at: string }>('select clock_timestamp()::text as at');
  await until(() => nothingIsHeld(world, now?.at ?? 'infinity'), within);
  return until(() => counted(world), within);
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
