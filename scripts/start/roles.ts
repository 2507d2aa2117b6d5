import { writeFile } from 'node:fs/promises';
import { freePorts, loopback } from '@mentor-sessions/local-stack/ports';
import { serviceEnvironment } from '@mentor-sessions/local-stack/service-environment';
import type { ServiceEnvironment } from '@mentor-sessions/local-stack/service-environment';
import type { Closing } from './closing.ts';
import { localFiles } from './local-files.ts';
import type { Service, Stack } from './stack.ts';
import { writeStackFile } from './stack-file.ts';
import { supervise } from './supervisor.ts';
import type { Supervised } from './supervisor.ts';

export const rolesOf = {
  bookings: ['api', 'relay'],
  sessions: ['api', 'relay', 'consumer'],
} as const satisfies Record<Service, readonly string[]>;

export type RunningRole = Supervised & { readonly service: Service; readonly role: string };
export type Roles = readonly RunningRole[];
export type RoleParts = Omit<Stack, 'roles'> & {
  readonly auth: ServiceEnvironment['auth'];
  readonly ports: Readonly<Record<Service, number>>;
};

const environment = ({ databases, amqpUrls, auth, ports }: RoleParts, service: Service): Record<string, string> => ({
  ...serviceEnvironment({ databaseUrl: databases[service].databaseUrl, amqpUrl: amqpUrls[service], auth }),
  PORT: String(ports[service]),
  ...(service === 'bookings'
    ? { SESSIONS_URL: `http://${loopback}:${ports.sessions}` }
    : { BOOKINGS_AMQP_USER: decodeURIComponent(new URL(amqpUrls.bookings).username) }),
});

const all = Object.entries(rolesOf).flatMap(([service, roles]) =>
  roles.map((role) => ({ service: service as Service, role })),
);

/** Every role of both services as its own process, ready; from now on `.local/stack.json` tells their pids. */
export const startRoles = async (parts: RoleParts, closing: Closing): Promise<Roles> => {
  const running: RunningRole[] = [];
  const adminPorts = await freePorts(all.length);
  const stackFile = writeStackFile(() => ({ ...parts, roles: running }));
  closing.add('.local/stack.json', () => stackFile.remove());
  closing.add('the roles', async () => void (await Promise.all(running.map((role) => role.stop()))));
  for (const [index, { service, role }] of all.entries()) {
    const logFile = `${localFiles.logs}/${service}-${role}.log`;
    await writeFile(logFile, '');
    const env = { ...environment(parts, service), ADMIN_PORT: String(adminPorts[index]) };
    const supervised = await supervise({ service, role, env, logFile }, () => stackFile.rewrite());
    running.push({ ...supervised, service, role });
  }
  await Promise.all(running.map((role) => role.current().waitReady()));
  await stackFile.rewrite();
  return running;
};
