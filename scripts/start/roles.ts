import { relative } from 'node:path';
import { eventually } from '@mentor-sessions/local-stack/eventually';
import { repository } from '@mentor-sessions/local-stack/migrations';
import { freePort, freePorts, loopback } from '@mentor-sessions/local-stack/ports';
import { serviceEnvironment } from '@mentor-sessions/local-stack/service-environment';
import type { ServiceEnvironment } from '@mentor-sessions/local-stack/service-environment';
import type { RoleProcess } from '@mentor-sessions/local-stack/role-process';
import { supervise } from '@mentor-sessions/local-stack/supervise';
import type { ApiPorts } from './api-ports.ts';
import type { Closing } from './closing.ts';
import { localFiles } from './local-files.ts';
import type { RunningRole, RunningStack, Service } from './running-stack.ts';
import { keepStackFile } from './stack-file.ts';

const rolesOf = {
  bookings: ['api', 'relay', 'consumer'],
  sessions: ['api', 'relay', 'consumer'],
} as const satisfies Record<Service, readonly string[]>;

type RoleParts = Omit<RunningStack, 'roles' | 'reviews' | 'consoleUrl'> & {
  readonly auth: ServiceEnvironment['auth'];
  readonly ports: ApiPorts;
};

const userOf = (amqpUrl: string): string => decodeURIComponent(new URL(amqpUrl).username);

type Ports = Record<Service, number>;

const environment = ({ databases, amqpUrls, auth }: RoleParts, ports: Ports, service: Service) => ({
  ...serviceEnvironment({ databaseUrl: databases[service].databaseUrl, amqpUrl: amqpUrls[service], auth }),
  PORT: String(ports[service]),
  SHUTDOWN_DELAY: '0.5',
  ...(service === 'bookings'
    ? { SESSIONS_URL: `http://${loopback}:${ports.sessions}`, SESSIONS_AMQP_USER: userOf(amqpUrls.sessions) }
    : { BOOKINGS_AMQP_USER: userOf(amqpUrls.bookings) }),
});

const all = Object.entries(rolesOf).flatMap(([service, roles]) =>
  roles.map((role) => ({ service: service as Service, role })),
);

/** Where they listen. What found its port taken by another program is started again on another one. */
const listening = async (parts: RoleParts) => {
  const ports: Ports = { bookings: parts.ports.bookings.port, sessions: parts.ports.sessions.port };
  const adminPorts = await freePorts(all.length);
  return {
    ports,
    environmentOf: async (index: number, before?: RoleProcess): Promise<Record<string, string>> => {
      const { service, role } = all[index]!;
      if (before?.portWasTaken()) {
        adminPorts[index] = await freePort();
        if (role === 'api') ports[service] = await freePort();
      }
      return { ...environment(parts, ports, service), ADMIN_PORT: String(adminPorts[index]) };
    },
  };
};

const untilReady = async (role: RunningRole): Promise<void> => {
  const process = role.current();
  await process.waitReady().catch(async (error: unknown) => {
    if (!process.portWasTaken()) throw error;
    await eventually(() => role.current() !== process, { describe: 'another process on another port' });
    await untilReady(role);
  });
};

/** Every role of both services as its own process, ready; from now on `.local/stack.json` tells their pids. */
export const startRoles = async (parts: RoleParts, closing: Closing): Promise<readonly RunningRole[]> => {
  const running: RunningRole[] = [];
  const { ports, environmentOf } = await listening(parts);
  const stackFile = await keepStackFile(() => ({ ...parts, roles: running }));
  closing.add('the stack file', () => stackFile.remove());
  closing.add('the roles', async () => void (await Promise.all(running.map((role) => role.stop()))));
  for (const held of Object.values(parts.ports)) await held.release();
  for (const [index, { service, role }] of all.entries()) {
    const logFile = `${localFiles.logs}/${service}-${role}.log`;
    const supervised = await supervise({
      name: `${service} ${role}`,
      options: async (_, before) => ({ service, role, env: await environmentOf(index, before), logFile }),
      onNewProcess: () => stackFile.rewrite(),
      say: (line) => console.error(line),
    });
    running.push({ ...supervised, service, role });
  }
  await Promise.all(running.map(untilReady));
  // the api of bookings has the address that sessions would have had
  if (ports.sessions !== parts.ports.sessions.port) await running[0]?.restart().then(() => untilReady(running[0]!));
  await stackFile.rewrite();
  console.log(`All addresses and pids: ${relative(repository, stackFile.path)}`);
  return running;
};
