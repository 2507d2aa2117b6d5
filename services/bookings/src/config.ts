import type { z } from 'zod';
import { baseUrl, names, parseConfig, port, positiveInteger, seconds } from '@mentor-sessions/service-kit/config';
import { ownerVariables, serviceVariables } from '@mentor-sessions/service-kit/service-config';

const variables = serviceVariables({
  PORT: port.default(3001),
  SESSIONS_AMQP_USER: names.default(['sessions']),
  REMIND_AFTER_SECONDS: seconds.refine((value) => value > 0, 'must be more than 0').default(60),
  REMIND_ATTEMPTS: positiveInteger.refine((value) => value <= 20, 'must be at most 20').default(5),
  SESSIONS_URL: baseUrl.optional(),
})
  .refine((env) => env.NODE_ENV !== 'production' || env.SESSIONS_URL !== undefined, {
    path: ['SESSIONS_URL'],
    message: 'must be given in production: the public base URL of the sessions service',
    when: () => true,
  })
  .transform((env) => ({ ...env, SESSIONS_URL: env.SESSIONS_URL ?? 'http://localhost:3002' }));

export type Config = z.infer<typeof variables>;

export const readConfig = (): Config => parseConfig(variables, process.env);

export const readOwnerConfig = (): z.infer<typeof ownerVariables> => parseConfig(ownerVariables, process.env);
