import type { Backing } from '@mentor-sessions/local-stack/backing';
import type { RoleProcess } from '@mentor-sessions/local-stack/roles';
import { startSystem } from '@mentor-sessions/local-stack/system';
import { createApiClient } from '@mentor-sessions/lab/api-client';
import { openRows } from '@mentor-sessions/lab/rows';
import { createTestStack } from '@mentor-sessions/lab/test-stack';

/** Real processes with their own databases and virtual host. */
export const createWorld = async (backing?: Backing, env: Readonly<Record<string, string>> = {}) => {
  const stack = await createTestStack(backing ? { backing } : {});
  const system = startSystem({ stack, env });
  const rows = {
    bookings: openRows(stack.bookings.adminDatabaseUrl),
    sessions: openRows(stack.sessions.adminDatabaseUrl),
  };
  return {
    ...system,
    /** Both databases, as their owners. */
    rows,
    client: (api: RoleProcess) => createApiClient({ url: api.url, token: stack.token, check: () => undefined }),
    /** Ends every process that was started. */
    close: async (): Promise<void> => {
      await system.stop();
      await rows.bookings.close();
      await rows.sessions.close();
      if (!backing) await stack.close(); // otherwise it ends with its servers
    },
  };
};

export type World = Awaited<ReturnType<typeof createWorld>>;
