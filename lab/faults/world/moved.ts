import type { Broker } from '@mentor-sessions/local-stack/backing';
import type { TestStack } from '@mentor-sessions/lab/test-stack';

const at = (url: string, port: string): string => Object.assign(new URL(url), { port }).href;

/** The same with another broker that has its vhost, users and passwords. */
export const onBroker = (stack: TestStack, { amqpUrl }: Pick<Broker, 'amqpUrl'>): TestStack => {
  const { port } = new URL(amqpUrl);
  return {
    ...stack,
    amqpUrl: at(stack.amqpUrl, port),
    operatorAmqpUrl: at(stack.operatorAmqpUrl, port),
    bookings: { ...stack.bookings, amqpUrl: at(stack.bookings.amqpUrl, port) },
    sessions: { ...stack.sessions, amqpUrl: at(stack.sessions.amqpUrl, port) },
  };
};

/** The same with another PostgreSQL that has its databases, roles and passwords. */
export const onPostgres = (stack: TestStack, adminUrl: string): TestStack => {
  const { port } = new URL(adminUrl);
  const databaseOf = ({ amqpUrl, ...urls }: TestStack['bookings']): TestStack['bookings'] => ({
    amqpUrl,
    databaseUrl: at(urls.databaseUrl, port),
    adminDatabaseUrl: at(urls.adminDatabaseUrl, port),
    operatorDatabaseUrl: at(urls.operatorDatabaseUrl, port),
    reportsDatabaseUrl: at(urls.reportsDatabaseUrl, port),
    retentionDatabaseUrl: at(urls.retentionDatabaseUrl, port),
  });
  return { ...stack, bookings: databaseOf(stack.bookings), sessions: databaseOf(stack.sessions) };
};
