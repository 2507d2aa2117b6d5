import { mkdtemp } from 'node:fs/promises';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnDetached } from './detached-process.ts';
import { eventually } from './eventually.ts';
import { portsItListensOn } from './listening.ts';
import { repository } from './migrations.ts';
import { loopback } from './ports.ts';
import { EndedEarly } from './readiness.ts';

export type ConsoleOptions = {
  readonly bookingsDatabaseUrl: string;
  readonly sessionsDatabaseUrl: string;
  readonly amqpUrl: string;
  readonly managementUrl?: string | undefined;
  readonly auth: { readonly issuer: string; readonly audience: string; readonly jwksFile: string };
  /** Default: any free one. */
  readonly port?: number;
  readonly logFile?: string;
};

export type ConsoleProcess = { readonly url: string; end(): Promise<void> };

const ENDS_WITHIN_MS = 12_000;

/** The operators' console as a process of its own, listening itself: `EndedEarly` when it cannot. It gets no variable of ours but PATH. */
export const spawnConsole = async (options: ConsoleOptions): Promise<ConsoleProcess> => {
  const { auth, port = 0 } = options;
  const logFile = options.logFile ?? join(await mkdtemp(join(tmpdir(), 'mentor-sessions-console-')), 'log');
  const before = existsSync(logFile) ? statSync(logFile).size : 0;
  const log = () => readFileSync(logFile).subarray(before).toString();
  const running = await spawnDetached({
    file: process.execPath,
    args: [`${repository}ops/src/main.ts`, 'console'],
    cwd: repository,
    logFile,
    orphanSignal: 'SIGTERM',
    env: {
      PATH: process.env['PATH'],
      BOOKINGS_OPERATOR_DATABASE_URL: options.bookingsDatabaseUrl,
      SESSIONS_OPERATOR_DATABASE_URL: options.sessionsDatabaseUrl,
      OPERATOR_AMQP_URL: options.amqpUrl,
      OPERATOR_MANAGEMENT_URL: options.managementUrl,
      OPS_CONSOLE_HOST: loopback,
      OPS_CONSOLE_PORT: String(port),
      AUTH_ISSUER: auth.issuer,
      AUTH_AUDIENCE: auth.audience,
      AUTH_JWKS_FILE: auth.jwksFile,
    },
  });
  const ownPort = () => (running.hasExited() ? 'ended' : portsItListensOn(log()).get('console'));
  const listens = await eventually(ownPort, { within: 30_000, describe: 'the console listens' });
  if (listens === 'ended') throw new EndedEarly(`the console ended before it listened: ${log()}`);
  return { url: `http://${loopback}:${listens}/`, end: () => running.end('SIGTERM', ENDS_WITHIN_MS) };
};
