import { readFile } from 'node:fs/promises';
import { bookingAcceptedQueue, mustReachAQueue, sessionEventsQueue } from '@mentor-sessions/contracts';
import { tracesOfQueue, type InboxOutcome } from '../../model/traces/inbox-traces.ts';
import { tracesOf, type Traces } from '../../model/traces/outbox-traces.ts';
import type { Recorded } from '../../model/traces/record.ts';
import type { SeenLine } from '../../model/traces/seen.ts';
import type { Traced } from '../../model/traces/verify.ts';
import type { FaultWorld } from '../world/fault-world.ts';
import { services, type Role, type Service } from '../world/roles.ts';

type Timed = { readonly at: bigint; readonly line: SeenLine };

/** A killed process may have left half a line. */
const parse = (text: string): Recorded | undefined => {
  try {
    return JSON.parse(text) as Recorded;
  } catch {
    return undefined;
  }
};

/** Numbers of transactions, publications and channels start again in each process; this makes them unique. */
const readLines = async ({ traceFile }: Role, process: string): Promise<Timed[]> => {
  const text = await readFile(traceFile, 'utf8').catch(() => '');
  let life = 0;
  const unique = (number: number | string): string => `${process} ${life} ${number}`;
  return text.split('\n').flatMap((each) => {
    const recorded = parse(each);
    if (!recorded) return [];
    const { at, ...seen } = recorded;
    if (seen.kind === 'died') life += 1;
    const numbered = {
      ...seen,
      ...('tx' in seen && { tx: unique(seen.tx) }),
      ...('publication' in seen && { publication: unique(seen.publication) }),
      ...('channel' in seen && { channel: unique(seen.channel) }),
    };
    return [{ at: BigInt(at), line: { ...numbered, process } }];
  });
};

const linesOf = async (roles: readonly Role[]): Promise<SeenLine[]> => {
  const lines = (await Promise.all(roles.map((role, n) => readLines(role, `${role.name} ${n}`)))).flat();
  return lines.toSorted((a, b) => Number(a.at - b.at)).map(({ line }) => line);
};

const tracesOfRelays = async (world: FaultWorld, service: Service): Promise<Traces> => {
  const published = await world.rows[service].query<{ place: string }>(
    `select lane || '/' || position as place from outbox_published`,
  );
  const places = new Set(published.map(({ place }) => place));
  return tracesOf({
    seen: await linesOf(world.roles(`${service} relay`)),
    outcomeOf: ({ place }) => (places.has(place) ? 'published' : 'waiting'),
    mustReachAQueue,
  });
};

const queues = { bookings: sessionEventsQueue.name, sessions: bookingAcceptedQueue.name };

const tracesOfConsumers = async (world: FaultWorld, service: Service): Promise<Traces> => {
  const queue = queues[service];
  const idsOf = async (sql: string): Promise<Set<string>> =>
    new Set((await world.rows[service].query<{ id: string }>(sql, [queue])).map(({ id }) => id));
  const handled = await idsOf('select message_id::text as id from inbox where queue = $1');
  const dead = await idsOf('select message_id as id from dead_letters where queue = $1 and message_id is not null');
  const outcomeOf = (id: string): InboxOutcome => {
    if (handled.has(id)) return dead.has(id) ? 'both' : 'handled';
    return dead.has(id) ? 'dead letter' : 'none';
  };
  return tracesOfQueue({ seen: await linesOf(world.roles(`${service} consumer`)), queue, outcomeOf });
};

const ofBoth = async (of: (service: Service) => Promise<Traces>): Promise<Traces> => {
  const each = await Promise.all(services.map(of));
  const leftOut = each.reduce((sum, traces) => sum + traces.leftOut, 0);
  return { traces: each.flatMap(({ traces }) => traces), leftOut };
};

/** The steps of relays, by aggregate, and of consumers, by message. */
export const readTraces = async (world: FaultWorld): Promise<Record<Traced, Traces>> => ({
  relays: await ofBoth((service) => tracesOfRelays(world, service)),
  consumers: await ofBoth((service) => tracesOfConsumers(world, service)),
});
