import { Command } from 'commander';
import { Registry } from 'prom-client';
import { createAdminServer } from '@mentor-sessions/service-kit/admin';
import { createAuthenticator } from '@mentor-sessions/service-kit/authentication';
import { runUntilSignal } from '@mentor-sessions/service-kit/lifecycle';
import { createLogger } from '@mentor-sessions/service-kit/log';
import { readConfig, readConsoleConfig } from '../config.ts';
import { connect } from '../connections.ts';
import { createConsole } from '../console/console.ts';
import { createNewsWatch } from '../news-watch.ts';

/** Serves the console until SIGTERM or Ctrl-C. */
export const consoleCommand = (): Command =>
  new Command('console')
    .description('the same in a browser: flow, timeline, dead letters, workers')
    .action(async () => {
      const { host, port, adminPort, auth } = readConsoleConfig();
      const log = createLogger({ service: 'ops', role: 'console' });
      const connections = connect(readConfig(), log);
      const { authenticateUntil: authenticate } = createAuthenticator({ ...auth, log });
      const registry = new Registry();
      const watch = createNewsWatch({ databases: connections.databases, registry, log });
      const watched = { ...connections, news: watch.latest };
      const page = createConsole({ connections: watched, authenticate, host, port, log });
      const closing = { name: 'connections', start: () => Promise.resolve(), stop: connections.close };
      // it serves whatever is away: that is what it is there to show
      const admin = createAdminServer({ host, port: adminPort, checks: {}, registry, log });
      await runUntilSignal({ components: [closing, watch, page, admin], log });
    });
