import type { Backing } from '@mentor-sessions/local-stack/backing';
import { createDatabase, databaseName, dropDatabases } from '@mentor-sessions/local-stack/databases';
import type { ServiceDatabase } from '@mentor-sessions/local-stack/databases';
import type { Closing } from './closing.ts';
import type { Service } from './running-stack.ts';

/** Fresh ones. On servers of our own they carry the service's name; on somebody else's a name that nobody has, and are dropped. */
export const createDatabases = async (
  { kind, postgres }: Backing,
  closing: Closing,
): Promise<Record<Service, ServiceDatabase>> => {
  const create = async (service: Service): Promise<ServiceDatabase> => {
    const made = await createDatabase(postgres.adminUrl, service, { name: kind === 'external' ? undefined : service });
    const drop = () => dropDatabases(postgres.adminUrl, [databaseName(made.databaseUrl)]);
    if (kind === 'external') closing.add(`the database of ${service}`, drop);
    return made;
  };
  return { bookings: await create('bookings'), sessions: await create('sessions') };
};
