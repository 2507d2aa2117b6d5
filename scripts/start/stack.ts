import { sayBacking, startBackingServices } from '@mentor-sessions/local-stack/backing';
import { holdPortFrom } from '@mentor-sessions/local-stack/ports';
import { onAnotherPortIfTaken } from '@mentor-sessions/local-stack/readiness';
import { createStack, startSystem } from '@mentor-sessions/local-stack/system';
import type { System } from '@mentor-sessions/local-stack/system';
import { holdApiPorts } from './api-ports.ts';
import { openKept, sayKept } from './kept.ts';
import { localFiles, prepareLogs, readSigning } from './local-files.ts';
import { startReviews } from './reviews.ts';
import { startRoles } from './roles.ts';

const CONSOLE_PORT = 3010;

/** On port 3010 or the next free one. */
const startConsole = (system: System) =>
  onAnotherPortIfTaken(async () => {
    const held = await holdPortFrom(CONSOLE_PORT);
    await held.release();
    return system.startConsole({ port: held.port, logFile: `${localFiles.logs}/console.log` });
  });

/** Everything up and ready; `closing` ends it. */
export const startStack = async (closing: AsyncDisposableStack, { keep }: { readonly keep: boolean }) => {
  const ports = await holdApiPorts();
  await prepareLogs();
  const { signing, jwksFile } = await readSigning();
  const kept = keep ? await openKept(closing) : undefined;
  const backing = await startBackingServices({ say: console.log, kept });
  closing.defer(() => backing.stop());
  console.log(`Backing services: ${sayBacking(backing)}`);
  if (kept) console.log(sayKept(kept, backing.kind));
  const isExternal = backing.kind === 'external';
  if (!backing.broker.managementUrl)
    console.log(
      "The broker's management API does not answer (LOCAL_STACK_MANAGEMENT_URL): both services use the given user and vhost.",
    );
  const stack = await createStack({
    backing,
    signing,
    jwksFile,
    names: isExternal ? undefined : { bookings: 'bookings', sessions: 'sessions' },
    subscribers: ['example-reviews'],
    mayShareVhost: true,
    isKept: keep,
  });
  if (isExternal) closing.defer(() => stack.close());
  console.log('Databases, roles and migrations are ready.');
  const system = startSystem({ stack });
  const roles = await startRoles(system, { ports, closing });
  const reviews = await startReviews({ backing, stack, isKept: keep }, closing);
  const { url: consoleUrl } = await startConsole(system);
  return { stack, roles, reviews, consoleUrl, isKept: keep };
};

/** What `npm start` has brought up. */
export type RunningStack = Awaited<ReturnType<typeof startStack>>;
