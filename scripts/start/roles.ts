import { relative } from 'node:path';
import { repository } from '@mentor-sessions/local-stack/migrations';
import { freePorts, loopback } from '@mentor-sessions/local-stack/ports';
import { serviceEnvironment } from '@mentor-sessions/local-stack/service-environment';
import type { ServiceEnvironment } from '@mentor-sessions/local-stack/service-environment';
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

const environment = ({ databases, amqpUrls, auth, ports }: RoleParts, service: Service): Record<string, string> => ({
  ...serviceEnvironment({ databaseUrl: databases[service].databaseUrl, amqpUrl: amqpUrls[service], auth }),
  PORT: String(ports[service].port),
  ...(service === 'bookings'
    ? { SESSIONS_URL: `http://${loopback}:${ports.sessions.port}`, SESSIONS_AMQP_USER: userOf(amqpUrls.sessions) }
    : { BOOKINGS_AMQP_USER: userOf(amqpUrls.bookings) }),
});

const all = Object.entries(rolesOf).flatMap(([service, roles]) =>
  roles.map((role) => ({ service: service as Service, role })),
);

/** Every role of both services as its own process, ready; from now on `.local/stack.json` tells their pids. */
export const startRoles = async (parts: RoleParts, closing: Closing): Promise<readonly RunningRole[]> => {
  const running: RunningRole[] = [];
  const adminPorts = await freePorts(all.length);
  const stackFile = await keepStackFile(() => ({ ...parts, roles: running }));
  closing.add('the stack file', () => stackFile.remove());
  closing.add('the roles', async () => void (await Promise.all(running.map((role) => role.stop()))));
  for (const held of Object.values(parts.ports)) await held.release();
  for (const [index, { service, role }] of all.entries()) {
    const logFile = `${localFiles.logs}/${service}-${role}.log`;
    const env = { ...environment(parts, service), ADMIN_PORT: String(adminPorts[index]) };
    const supervised = await supervise({
      name: `${service} ${role}`,
      options: () => ({ service, role, env, logFile }),
      onNewProcess: () => stackFile.rewrite(),
      say: (line) => console.error(line),
    });
    running.push({ ...supervised, service, role });
  }
  await Promise.all(running.map((role) => role.current().waitReady()));
  await stackFile.rewrite();
  console.log(`All addresses and pids: ${relative(repository, stackFile.path)}`);
  return running;
};
