import { readFile } from 'node:fs/promises';
import { mustReachAQueue } from '@mentor-sessions/contracts';
import { tracesOf, type Trace, type Traces } from '../../model/traces/outbox-traces.ts';
import type { Recorded } from '../../model/traces/record.ts';
import type { SeenLine } from '../../model/traces/seen.ts';
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

/** Numbers of transactions and publications start again in each process; this makes them unique. */
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
    };
    return [{ at: BigInt(at), line: { ...numbered, process } }];
  });
};

const tracesOfService = async (world: FaultWorld, service: Service): Promise<Traces> => {
  const relays = world.roles(`${service} relay`);
  const lines = (await Promise.all(relays.map((role, n) => readLines(role, `${role.name} ${n}`)))).flat();
  const published = await world.rows[service].query<{ place: string }>(
    `select lane || '/' || position as place from outbox_published`,
  );
  const places = new Set(published.map(({ place }) => place));
  return tracesOf({
    seen: lines.toSorted((a, b) => Number(a.at - b.at)).map(({ line }) => line),
    outcomeOf: ({ place }) => (places.has(place) ? 'published' : 'waiting'),
    mustReachAQueue,
  });
};

/** The steps of the relays of both services, by aggregate. */
export const readTraces = async (world: FaultWorld): Promise<Traces> => {
  const all = await Promise.all(services.map((service) => tracesOfService(world, service)));
  const traces: Trace[] = all.flatMap((each) => each.traces);
  return { traces, leftOut: all.reduce((sum, { leftOut }) => sum + leftOut, 0) };
};
