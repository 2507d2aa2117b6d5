import type { z } from 'zod';
import { baseUrl, listOfSeconds, names, parseConfig, port, seconds } from '@mentor-sessions/service-kit/config';
import { serviceVariables } from '@mentor-sessions/service-kit/service-config';

const variables = serviceVariables({
  PORT: port.default(3002),
  BOOKINGS_URL: baseUrl.optional(),
  BOOKINGS_AMQP_USER: names.default(['bookings']),
  STARTING_SOON_SECONDS: listOfSeconds.default([86_400, 900]),
  COMPLETION_GRACE_SECONDS: seconds.default(3_600),
});

export type Config = z.infer<typeof variables>;

export const readConfig = (): Config => parseConfig(variables, process.env);
