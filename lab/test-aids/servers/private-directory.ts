import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardOrphan } from '@mentor-sessions/local-stack/orphans';

type PrivateDirectory = { readonly path: string; remove(): Promise<void> };

/** A temporary directory that other users can read, since PostgreSQL runs as one; removed when this process exits. */
export const makePrivateDirectory = async (name: string): Promise<PrivateDirectory> => {
  const path = await mkdtemp(join(tmpdir(), `mentor-sessions-${name}-`));
  await chmod(path, 0o755);
  const forget = guardOrphan({ directory: path });
  return {
    path,
    remove: async () => {
      await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
      forget();
    },
  };
};
