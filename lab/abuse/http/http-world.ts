import { Agent } from 'node:http';
import type { Claims } from '@mentor-sessions/local-stack/tokens';
import { contentsOf, connected } from '@mentor-sessions/lab/plain-sql';
import { createWorld } from '../../e2e/world.ts';
import { id, legalWrites as bookingWrites } from '../../../services/bookings/test/legal-writes.ts';
import { legalWrites as sessionWrites } from '../../../services/sessions/test/legal-writes.ts';
import type { Size } from '../part.ts';
import { send, type Heard, type Sent } from '@mentor-sessions/lab/send';
import { judge } from './judge.ts';
import type { Service } from '@mentor-sessions/local-stack/system';

export type { Service };
export type Person = 'mentor' | 'mentee';
/** A route that changes something, with an id and a caller for which it succeeds. */
export type Change = {
  readonly service: Service;
  readonly method: 'POST' | 'PATCH';
  readonly path: string;
  readonly as: Person;
};
export type Ask = Sent & { readonly as?: Person; readonly json?: boolean };

const people: Record<Person, Claims> = {
  mentor: { userId: id(10), roles: ['mentor'], mentorProfileId: id(12) },
  mentee: { userId: id(11), roles: ['mentee'] },
};

export const changes: readonly Change[] = [
  { service: 'bookings', method: 'POST', path: '/bookings', as: 'mentee' },
  { service: 'bookings', method: 'PATCH', path: `/bookings/${id(1)}/accept`, as: 'mentor' },
  { service: 'bookings', method: 'PATCH', path: `/bookings/${id(1)}/decline`, as: 'mentor' },
  { service: 'bookings', method: 'PATCH', path: `/bookings/${id(1)}/cancel`, as: 'mentee' },
  { service: 'sessions', method: 'PATCH', path: `/sessions/${id(1)}/start`, as: 'mentee' },
  { service: 'sessions', method: 'PATCH', path: `/sessions/${id(2)}/complete`, as: 'mentor' },
];

export const goodRequest = (): Record<string, unknown> => ({
  listingId: crypto.randomUUID(),
  mentorProfileId: crypto.randomUUID(),
  start: new Date(Date.now() + 24 * 3_600_000).toISOString(),
  end: new Date(Date.now() + 25 * 3_600_000).toISOString(),
});

const ofBoth = ['outbox', 'outbox_published', 'inbox', 'dead_letters', 'migrations'];
const tables = {
  bookings: ['bookings', 'booking_transitions', 'booking_sessions', ...ofBoth],
  sessions: ['accepted_bookings', 'sessions', 'session_transitions', ...ofBoth],
};

/** Both APIs, with rows in every state; every response is checked. */
export const openHttpWorld = async (size: Size) => {
  const world = await createWorld();
  const databases = { bookings: world.stack.bookings, sessions: world.stack.sessions };
  const writes = { bookings: bookingWrites, sessions: sessionWrites };
  const owners = {
    bookings: await connected(databases.bookings.adminDatabaseUrl),
    sessions: await connected(databases.sessions.adminDatabaseUrl),
  };
  for (const service of ['bookings', 'sessions'] as const) {
    const app = await connected(databases[service].databaseUrl);
    for (const { sql } of writes[service]) await app.query(sql);
    await app.end();
  }
  const [bookings, sessions] = (await world.startReady('bookings api', 'sessions api')) as unknown as [Api, Api];
  const apis = { bookings, sessions };
  const tokens = { mentor: await world.stack.token(people.mentor), mentee: await world.stack.token(people.mentee) };
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const faults: string[] = [];
  let [count, slowest] = [0, 0];
  return {
    size,
    apis,
    tokens,
    /** Another API on the same database, with other settings. */
    startApi: async (service: Service, env: Readonly<Record<string, string>>): Promise<Api> => {
      const api = await world.start(`${service} api`, { env });
      await api.waitReady();
      return api;
    },
    owners,
    count: () => count,
    slowest: () => slowest,
    /** Returns the faults of responses so far, and clears them. */
    takeFaults: () => faults.splice(0),
    fault: (text: string) => void faults.push(text),
    ask: async (service: Service, path: string, { as, json, headers = [], ...sent }: Ask): Promise<Heard> => {
      const all = [...headers];
      if (as) all.push('authorization', `Bearer ${tokens[as]}`);
      if (json) all.push('content-type', 'application/json');
      const heard = await send(apis[service].url, path, { agent, ...sent, headers: all });
      count += 1;
      slowest = Math.max(slowest, heard.ms);
      faults.push(...judge({ method: sent.method ?? 'GET', path }, heard));
      return heard;
    },
    contents: async () =>
      JSON.stringify([
        await contentsOf(owners.bookings, tables.bookings),
        await contentsOf(owners.sessions, tables.sessions),
      ]),
    close: async () => {
      agent.destroy();
      await Promise.all(Object.values(owners).map((owner) => owner.end()));
      await world.close();
    },
  };
};

type Api = { readonly url: string; log(): string };
export type HttpWorld = Awaited<ReturnType<typeof openHttpWorld>>;
