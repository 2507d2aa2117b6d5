import type { z } from 'zod';
import { names, parseConfig, port } from '@mentor-sessions/service-kit/config';
import { ownerVariables, serviceVariables } from '@mentor-sessions/service-kit/service-config';

const variables = serviceVariables
  .extend({
    PORT: port.default(3002),
    BOOKINGS_AMQP_USER: names.default(['bookings']),
  })
  .refine((env) => (env.AUTH_JWKS_URL === undefined) !== (env.AUTH_JWKS_FILE === undefined), {
    path: ['AUTH_JWKS_URL or AUTH_JWKS_FILE'],
    message: 'one of the two must be given',
    when: () => true, // told together with all other problems
  });

export type Config = z.infer<typeof variables>;

export const readConfig = (): Config => parseConfig(variables, process.env);

export const readOwnerConfig = (): z.infer<typeof ownerVariables> => parseConfig(ownerVariables, process.env);
