import type { Backing, BackingDescription } from '@mentor-sessions/local-stack/backing';
import { createDatabase, databaseName, dropDatabases } from '@mentor-sessions/local-stack/databases';
import type { ServiceDatabase } from '@mentor-sessions/local-stack/databases';
import { createTemplates } from './templates.ts';
import type { Templates } from './templates.ts';
import { currentTestRun } from './test-run.ts';
import { signToken } from '@mentor-sessions/local-stack/tokens';
import type { Claims } from '@mentor-sessions/local-stack/tokens';
import { createVhost } from '@mentor-sessions/local-stack/vhosts';

export type TestService = ServiceDatabase & { readonly amqpUrl: string };
export type TestStack = {
  readonly bookings: TestService;
  readonly sessions: TestService;
  /** As the development administrator of this stack's vhost. */
  readonly amqpUrl: string;
  readonly operatorAmqpUrl: string;
  readonly operatorManagementUrl: string;
  readonly auth: { readonly issuer: string; readonly audience: string; readonly jwksFile: string };
  token(claims: Claims): Promise<string>;
  /** Drops the databases and the vhost. */
  close(): Promise<void>;
};

/** The PostgreSQL and RabbitMQ of the whole test run, for tests that need less or other than a whole stack. */
export const testBacking = (): BackingDescription => currentTestRun().backing;

const templatesOf = new Map<string, Promise<Templates>>();
const templatesIn = (adminUrl: string): Promise<Templates> => {
  const made = templatesOf.get(adminUrl) ?? createTemplates(adminUrl, ['bookings', 'sessions']);
  templatesOf.set(adminUrl, made);
  return made;
};

/**
 * Databases copied from the migrated templates and a vhost, for one test file alone: on the run's PostgreSQL and RabbitMQ, or
 * on those of a `backing` that the test started for itself because it will stop them.
 */
export const createTestStack = async ({ backing }: { backing?: Backing } = {}): Promise<TestStack> => {
  const run = currentTestRun();
  const { postgres, broker } = backing ?? run.backing;
  const templates = backing ? await templatesIn(postgres.adminUrl) : run.templates;
  const create = (service: string) => createDatabase(postgres.adminUrl, service, { template: templates[service] });
  const [bookings, sessions] = [await create('bookings'), await create('sessions')];
  const vhost = await createVhost(broker);
  const amqpUrlOf = (service: string): string => vhost.urls[service] ?? vhost.amqpUrl;
  const { issuer, audience } = run.signing;
  return {
    bookings: { ...bookings, amqpUrl: amqpUrlOf('bookings') },
    sessions: { ...sessions, amqpUrl: amqpUrlOf('sessions') },
    amqpUrl: vhost.amqpUrl,
    operatorAmqpUrl: vhost.operatorAmqpUrl,
    operatorManagementUrl: vhost.operatorManagementUrl,
    auth: { issuer, audience, jwksFile: run.jwksFile },
    token: (claims) => signToken(run.signing, claims),
    close: async () => {
      await vhost.close();
      await dropDatabases(
        postgres.adminUrl,
        [bookings, sessions].map(({ databaseUrl }) => databaseName(databaseUrl)),
      );
    },
  };
};
