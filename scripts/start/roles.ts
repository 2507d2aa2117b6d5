import { relative } from 'node:path';
import { repository } from '@mentor-sessions/local-stack/launch';
import { freePort, loopback } from '@mentor-sessions/local-stack/ports';
import type { RoleProcess, Supervised } from '@mentor-sessions/local-stack/roles';
import { everyRole } from '@mentor-sessions/local-stack/system';
import type { RoleName, Service, System } from '@mentor-sessions/local-stack/system';
import type { ApiPorts } from './api-ports.ts';
import { localFiles } from './local-files.ts';
import { settingsFor } from './settings.ts';
import { keepStackFile } from './stack-file.ts';

const userOf = (amqpUrl: string): string => decodeURIComponent(new URL(amqpUrl).username);

/** Chooses the ports of each process; one that found its port taken by another program gets another. */
const portsOf = (apiPorts: ApiPorts) => {
  const ports: Record<Service, number> = { bookings: apiPorts.bookings.port, sessions: apiPorts.sessions.port };
  const adminPorts: Partial<Record<RoleName, number>> = {};
  return {
    ports,
    choose: async (name: RoleName, before?: RoleProcess) => {
      const [service, role] = name.split(' ') as [Service, string];
      const wasTaken = before?.portWasTaken();
      if (wasTaken && role === 'api') ports[service] = await freePort();
      if (wasTaken || !adminPorts[name]) adminPorts[name] = await freePort();
      return { PORT: String(ports[service]), ADMIN_PORT: String(adminPorts[name]) };
    },
  };
};

type Options = { readonly ports: ApiPorts; readonly closing: AsyncDisposableStack };

/** Every role of both services as its own process, ready. `.local/stack.json` has their addresses and pids. */
export const startRoles = async (
  system: System,
  { ports: apiPorts, closing }: Options,
): Promise<ReadonlyMap<RoleName, Supervised>> => {
  const { stack } = system;
  const roles = new Map<RoleName, Supervised>();
  const { ports, choose } = portsOf(apiPorts);
  const variables = () => ({
    SHUTDOWN_DELAY: '0.5',
    SESSIONS_URL: `http://${loopback}:${ports.sessions}`,
    BOOKINGS_URL: `http://${loopback}:${ports.bookings}`,
    SESSIONS_AMQP_USER: userOf(stack.sessions.amqpUrl),
    BOOKINGS_AMQP_USER: userOf(stack.bookings.amqpUrl),
  });
  const stackFile = await keepStackFile(() => ({ stack, roles }));
  closing.defer(() => stackFile.remove());
  closing.defer(() => system.stop());
  for (const held of Object.values(apiPorts)) await held.release();
  await Promise.all(
    everyRole.map(async (name) => {
      const logFile = `${localFiles.logs}/${name.replace(' ', '-')}.log`;
      const options = async (_: number, before?: RoleProcess) => ({
        logFile,
        env: {
          ...(await choose(name, before)),
          ...variables(),
          ...settingsFor(name.split(' ')[0] as Service, process.env),
        },
      });
      const restarted = { onNewProcess: () => stackFile.rewrite(), say: console.error };
      roles.set(name, await system.supervise(name, options, restarted));
    }),
  );
  await Promise.all([...roles.values()].map((role) => role.waitReady((failed) => failed.portWasTaken())));
  // bookings links to sessions, which may have had to take another port
  const bookings = roles.get('bookings api') as Supervised;
  if (ports.sessions !== apiPorts.sessions.port) await bookings.restart().then(() => bookings.waitReady());
  await stackFile.rewrite();
  console.log(`All addresses and pids: ${relative(repository, stackFile.path)}`);
  return roles;
};
