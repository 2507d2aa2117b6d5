import type { Backing } from '@mentor-sessions/local-stack/backing';
import { createApiClient } from '@mentor-sessions/lab/api-client';
import type { ApiClient } from '@mentor-sessions/lab/api-client';
import { spawnRole } from '@mentor-sessions/local-stack/role-process';
import type { RoleProcess } from '@mentor-sessions/local-stack/role-process';
import { serviceEnvironment } from '@mentor-sessions/local-stack/service-environment';
import { createTestStack } from '@mentor-sessions/lab/test-stack';
import type { TestStack } from '@mentor-sessions/lab/test-stack';
import { openRows } from './rows.ts';
import type { Rows } from './rows.ts';

type Service = 'bookings' | 'sessions';
type Variables = Readonly<Record<string, string>>;

export type World = {
  readonly stack: TestStack;
  /** Both databases, asked as their owner. */
  readonly rows: Readonly<Record<Service, Rows>>;
  /** Starts a role as its own process; without a name all roles of the service in one. */
  start(service: Service, role?: string, env?: Variables): Promise<RoleProcess>;
  /** Several at once, `bookings api` and the like, all ready. */
  startReady(...roles: string[]): Promise<RoleProcess[]>;
  client(api: RoleProcess): ApiClient;
  /** Ends what was started, whatever became of the test. */
  close(): Promise<void>;
};

/** Real processes on databases and a vhost of their own. */
export const createWorld = async (backing?: Backing): Promise<World> => {
  const stack = await createTestStack(backing ? { backing } : {});
  const started: RoleProcess[] = [];
  const rows = {
    bookings: openRows(stack.bookings.adminDatabaseUrl),
    sessions: openRows(stack.sessions.adminDatabaseUrl),
  };
  const start = async (service: Service, role?: string, env: Variables = {}): Promise<RoleProcess> => {
    const common = serviceEnvironment({ ...stack[service], auth: stack.auth });
    const process = await spawnRole({ service, ...(role ? { role } : {}), env: { ...common, ...env } });
    started.push(process);
    return process;
  };
  return {
    stack,
    rows,
    start,
    startReady: async (...roles) => {
      const processes = await Promise.all(
        roles.map((name) => {
          const [service, role] = name.split(' ') as [Service, string | undefined];
          return start(service, role);
        }),
      );
      await Promise.all(processes.map((process) => process.waitReady()));
      return processes;
    },
    client: (api) => createApiClient({ url: api.url, token: stack.token, check: () => undefined }),
    close: async () => {
      await Promise.all(started.map((process) => process.end('SIGTERM', 10_000)));
      await rows.bookings.close();
      await rows.sessions.close();
      if (!backing) await stack.close(); // else it goes with its backing
    },
  };
};
