/** Started by orphans.ts in a session of its own; reads from its standard input what to end when its parent is gone. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { Orphan } from './orphans.ts';

let orphans: Orphan[] = [];
for await (const line of createInterface({ input: process.stdin })) orphans = JSON.parse(line) as Orphan[];

const signal = (group: number, name: NodeJS.Signals): void => {
  try {
    process.kill(-group, name);
  } catch {
    // it was gone already
  }
};

const removeContainers = async (ids: readonly string[]): Promise<void> => {
  if (ids.length === 0) return;
  const { getContainerRuntimeClient } = await import('testcontainers');
  const client = await getContainerRuntimeClient();
  await Promise.allSettled(ids.map((id) => client.container.getById(id).remove({ force: true, v: true })));
};

if (orphans.length > 0) {
  for (const orphan of orphans) if ('processGroup' in orphan) signal(orphan.processGroup, orphan.signal);
  await removeContainers(orphans.flatMap((orphan) => ('container' in orphan ? [orphan.container] : [])));
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  for (const orphan of orphans) if ('processGroup' in orphan) signal(orphan.processGroup, 'SIGKILL');
  for (const orphan of orphans)
    if ('command' in orphan) {
      const [file, ...args] = orphan.command;
      await promisify(execFile)(file, args).catch(() => undefined);
    }
  for (const orphan of orphans) if ('directory' in orphan) await rm(orphan.directory, { recursive: true, force: true });
}
