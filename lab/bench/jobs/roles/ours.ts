import { startRole, type Process } from '../../harness/processes.ts';
import type { Stage } from '../../harness/stage.ts';

export const roles = (['bookings', 'sessions'] as const).flatMap((service) =>
  (['api', 'relay', 'consumer'] as const).map((role) => ({ service, role })),
);

export const startAllRoles = ({ stack }: Stage): Promise<Process[]> =>
  Promise.all(roles.map(({ service, role }) => startRole(stack, service, role)));
