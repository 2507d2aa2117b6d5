import type { Backing } from '@mentor-sessions/local-stack/backing';
import type { RoleProcess } from '@mentor-sessions/local-stack/roles';
import { startSystem, type System } from '@mentor-sessions/local-stack/system';
import { createApiClient, type ApiClient } from '@mentor-sessions/lab/api-client';
import { openRows, type Rows } from '@mentor-sessions/lab/rows';
import { createTestStack, type TestStack } from '@mentor-sessions/lab/test-stack';

export type World = System<TestStack> & {
  /** Both databases, as their owners. */
  readonly rows: Readonly<Record<'bookings' | 'sessions', Rows>>;
  client(api: RoleProcess): ApiClient;
  /** Ends every process that was started. */
  close(): Promise<void>;
};

/** Real processes with their own databases and virtual host. */
export const createWorld = async (backing?: Backing, env: Readonly<Record<string, string>> = {}): Promise<World> => {
  const stack = await createTestStack(backing ? { backing } : {});
  const system = startSystem({ stack, env });
  const rows = {
    bookings: openRows(stack.bookings.adminDatabaseUrl),
    sessions: openRows(stack.sessions.adminDatabaseUrl),
  };
  return {
    ...system,
    rows,
    client: (api) => createApiClient({ url: api.url, token: stack.token, check: () => undefined }),
    close: async () => {
      await system.stop();
      await rows.bookings.close();
      await rows.sessions.close();
      if (!backing) await stack.close(); // otherwise it ends with its servers
    },
  };
};
