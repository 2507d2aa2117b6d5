import { answersAsDocumented, type AnswerCheck, type OpenapiDocument } from './answer-check.ts';
import { createApiClient } from './api-client.ts';
import { connected } from './plain-sql.ts';
import { startRole, serviceEnvironment } from '@mentor-sessions/local-stack/roles';
import { createTestStack } from './test-stack.ts';

type Options = {
  readonly service: 'bookings' | 'sessions';
  readonly env?: Readonly<Record<string, string>>;
  /** Puts something between the API and its database; returns the URL to use instead. */
  readonly through?: (databaseUrl: string) => Promise<string>;
};

// A 500 has no details on purpose; a failed test shows the service's log.
const withLogOfFaults =
  (check: AnswerCheck, log: () => string): AnswerCheck =>
  (answer) => {
    try {
      check(answer);
    } catch (error) {
      throw answer.status < 500 ? error : new Error(`${String(error)}\n${log().slice(-3_000)}`, { cause: error });
    }
  };

/** The API of one service as a process, with its own stack. Each response is checked against its document. */
export const startTestApi = async ({ service, env = {}, through }: Options) => {
  const stack = await createTestStack();
  const { databaseUrl, adminDatabaseUrl, amqpUrl } = stack[service];
  const seenUrl = (await through?.(databaseUrl)) ?? databaseUrl;
  const base = serviceEnvironment({ databaseUrl: seenUrl, amqpUrl, auth: stack.auth });
  const api = await startRole({ service, role: 'api', env: { ...base, ...env } });
  const clients = { app: await connected(databaseUrl), owner: await connected(adminDatabaseUrl) };
  await api.waitReady();
  const document = (await (await fetch(`${api.url}/openapi.json`)).json()) as OpenapiDocument;
  const check = withLogOfFaults(answersAsDocumented(document), api.log);
  return {
    url: api.url,
    request: createApiClient({ url: api.url, token: stack.token, check }),
    document,
    stack,
    /** Connections as the application's role, and as the owner of the tables. */
    ...clients,
    stop: async (): Promise<void> => {
      await api.end('SIGTERM', 10_000);
      await Promise.all([clients.app.end(), clients.owner.end()]);
      await stack.close();
    },
  };
};

export type TestApi = Awaited<ReturnType<typeof startTestApi>>;
