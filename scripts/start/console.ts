import { spawnConsole } from '@mentor-sessions/local-stack/console-process';
import { holdPortFrom } from '@mentor-sessions/local-stack/ports';
import { onAnotherPortIfTaken } from '@mentor-sessions/local-stack/taken-port';
import type { Closing } from './closing.ts';
import { localFiles } from './local-files.ts';
import type { RunningStack } from './running-stack.ts';

const PORT = 3010;

type Parts = Pick<RunningStack, 'databases' | 'operatorAmqpUrl' | 'operatorManagementUrl'> & {
  readonly auth: { readonly issuer: string; readonly audience: string; readonly jwksFile: string };
};

/** On port 3010 or the next free one. Returns its address. */
export const startConsole = async (
  { databases, operatorAmqpUrl, operatorManagementUrl, auth }: Parts,
  closing: Closing,
): Promise<string> => {
  const running = await onAnotherPortIfTaken(async () => {
    const held = await holdPortFrom(PORT);
    await held.release();
    return spawnConsole({
      bookingsDatabaseUrl: databases.bookings.operatorDatabaseUrl,
      sessionsDatabaseUrl: databases.sessions.operatorDatabaseUrl,
      amqpUrl: operatorAmqpUrl,
      managementUrl: operatorManagementUrl,
      auth,
      port: held.port,
      logFile: `${localFiles.logs}/console.log`,
    });
  });
  closing.add('the console', running.end);
  return running.url;
};
