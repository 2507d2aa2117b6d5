import { id } from '../../../services/bookings/test/legal-writes.ts';
import { inTurns } from '../pool.ts';
import { changes } from './http-world.ts';
import type { Change } from './http-world.ts';
import type { Attack } from './attack.ts';
import { oddIds } from './corpus/odd-ids.ts';

type Target = Pick<Change, 'service' | 'path' | 'as'> & { readonly method: 'GET' | 'PATCH' };

const targets: readonly Target[] = [
  { service: 'bookings', method: 'GET', path: `/bookings/${id(1)}`, as: 'mentor' },
  { service: 'sessions', method: 'GET', path: `/sessions/${id(1)}`, as: 'mentor' },
  ...changes.filter((change) => change.method === 'PATCH').map((change) => ({ ...change, method: 'PATCH' as const })),
];

/** 400 or 404, never a thing, never the work of another id. */
export const oddIdsEverywhere: Attack = async (world) => {
  const ids = oddIds(id(1));
  for (const { service, method, path, as } of targets)
    await inTurns(ids, 8, async (odd) => {
      const { status } = await world.ask(service, path.replace(/[0-9a-f-]{36}/, odd), { method, as });
      if (![400, 404, 405].includes(status)) world.fault(`${method} ${path} with id ${odd.slice(0, 80)}: ${status}`);
    });
  return `${ids.length} ids × ${targets.length} routes`;
};
