import type { BackingDescription } from '@mentor-sessions/local-stack/backing';

/** For a child process, such as `npm start`, that uses these servers instead of its own. */
export const externalEnvironment = ({ postgres, broker }: BackingDescription): NodeJS.ProcessEnv => ({
  ...process.env,
  LOCAL_STACK: 'external',
  LOCAL_STACK_DATABASE_URL: postgres.adminUrl,
  LOCAL_STACK_AMQP_URL: broker.amqpUrl,
  ...(broker.managementUrl === null ? {} : { LOCAL_STACK_MANAGEMENT_URL: broker.managementUrl }),
});
