import { runOps, type Ran } from '@mentor-sessions/lab/run-ops';
import type { TestStack } from '@mentor-sessions/lab/test-stack';

export type Ops = (...args: string[]) => Promise<Ran>;

export const opsEnvironment = ({ bookings, sessions, operatorAmqpUrl }: TestStack) => ({
  BOOKINGS_OPERATOR_DATABASE_URL: bookings.operatorDatabaseUrl,
  SESSIONS_OPERATOR_DATABASE_URL: sessions.operatorDatabaseUrl,
  OPERATOR_AMQP_URL: operatorAmqpUrl,
  OPERATOR: 'olga',
  LOCAL_STACK_FOLDER: '/nowhere',
});

export const opsWith =
  (env: Readonly<Record<string, string>>): Ops =>
  (...args) =>
    runOps(args, env);

export const json = ({ out, err }: Ran) => {
  try {
    return JSON.parse(out);
  } catch {
    throw new Error(`no JSON: ${out}\n${err}`);
  }
};
