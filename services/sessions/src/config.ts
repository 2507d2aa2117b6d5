import type { z } from 'zod';
import { names, parseConfig, port, url } from '@mentor-sessions/service-kit/config';
import { ownerVariables, serviceVariables } from '@mentor-sessions/service-kit/service-config';

const variables = serviceVariables({
  PORT: port.default(3002),
  BOOKINGS_URL: url('http', 'https').optional(),
  BOOKINGS_AMQP_USER: names.default(['bookings']),
});

export type Config = z.infer<typeof variables>;

export const readConfig = (): Config => parseConfig(variables, process.env);

export const readOwnerConfig = (): z.infer<typeof ownerVariables> => parseConfig(ownerVariables, process.env);
