import { Command } from 'commander';
import { createAuthenticator } from '@mentor-sessions/service-kit/authentication';
import { runUntilSignal } from '@mentor-sessions/service-kit/lifecycle';
import { createLogger } from '@mentor-sessions/service-kit/log';
import { readConfig, readConsoleConfig } from '../config.ts';
import { connect } from '../connections.ts';
import { createConsole } from '../console/console.ts';

/** Serves the console until SIGTERM or Ctrl-C. */
export const consoleCommand = (): Command =>
  new Command('console')
    .description('the same in a browser: flow, timeline, dead letters, workers')
    .action(async () => {
      const { host, port, auth } = readConsoleConfig();
      const log = createLogger({ service: 'ops', role: 'console' });
      const connections = connect(readConfig(), log);
      const page = createConsole({ connections, authenticate: createAuthenticator({ ...auth, log }), host, port, log });
      const closing = { name: 'connections', start: () => Promise.resolve(), stop: connections.close };
      await runUntilSignal({ components: [closing, page], log });
    });
