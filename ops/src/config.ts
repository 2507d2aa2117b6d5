import { existsSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { parseConfig, url, urls } from '@mentor-sessions/service-kit/config';

const variables = z.object({
  BOOKINGS_OPERATOR_DATABASE_URL: url('postgres', 'postgresql'),
  SESSIONS_OPERATOR_DATABASE_URL: url('postgres', 'postgresql'),
  OPERATOR_AMQP_URL: urls('amqp', 'amqps'),
  OPERATOR: z.string().optional(),
});

export type OpsConfig = {
  readonly databaseUrls: { readonly bookings: string; readonly sessions: string };
  readonly amqpUrls: readonly string[];
  /** Who acts, unless `--operator` says otherwise. */
  readonly operator: string;
};

type Stack = Readonly<Record<'bookings' | 'sessions', { operatorDatabaseUrl: string }>> & { operatorAmqpUrl: string };

/** The environment; for what it leaves out, the stack that `npm start` runs in this checkout. */
export const readConfig = (): OpsConfig => {
  const isGiven = (name: string): boolean => Boolean(process.env[name] || process.env[`${name}_FILE`]);
  const running = Object.entries(runningStack()).filter(([name]) => !isGiven(name));
  const env = parseConfig(variables, { ...process.env, ...Object.fromEntries(running) });
  return {
    databaseUrls: { bookings: env.BOOKINGS_OPERATOR_DATABASE_URL, sessions: env.SESSIONS_OPERATOR_DATABASE_URL },
    amqpUrls: env.OPERATOR_AMQP_URL,
    operator: env.OPERATOR ?? userInfo().username,
  };
};

const runningStack = (): Record<string, string> => {
  const file = resolve(process.env['LOCAL_STACK_FOLDER'] ?? '.local', 'stack.json');
  if (!existsSync(file)) return {};
  const { bookings, sessions, operatorAmqpUrl } = JSON.parse(readFileSync(file, 'utf8')) as Stack;
  return {
    BOOKINGS_OPERATOR_DATABASE_URL: bookings.operatorDatabaseUrl,
    SESSIONS_OPERATOR_DATABASE_URL: sessions.operatorDatabaseUrl,
    OPERATOR_AMQP_URL: operatorAmqpUrl,
  };
};
