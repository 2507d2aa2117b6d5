import { z } from 'zod';
import { baseUrl, names, parseConfig, port, positiveInteger, seconds } from '@mentor-sessions/service-kit/config';
import { serviceVariables } from '@mentor-sessions/service-kit/service-config';
import { defaultBounds, type Bounds } from './domain/booking.ts';

const upTo = (most: number) => positiveInteger.refine((value) => value <= most, `must be at most ${most}`);

/** Also read by the migrations, which write them into the database: as the constraint booking_bounds_are_sensible has it. */
const bounds = {
  LONGEST_BOOKING_HOURS: upTo(8_784).default(defaultBounds.longestHours),
  FURTHEST_START_DAYS: upTo(36_525).default(defaultBounds.furthestDays),
};

const boundsOf = (env: z.output<z.ZodObject<typeof bounds>>): Bounds => ({
  longestHours: env.LONGEST_BOOKING_HOURS,
  furthestDays: env.FURTHEST_START_DAYS,
});

const variables = serviceVariables({
  PORT: port.default(3001),
  ...bounds,
  SESSIONS_AMQP_USER: names.default(['sessions']),
  REMIND_AFTER_SECONDS: seconds.refine((value) => value > 0, 'must be more than 0').default(60),
  REMIND_ATTEMPTS: upTo(20).default(5),
  SESSIONS_URL: baseUrl.optional(),
})
  .refine((env) => env.NODE_ENV !== 'production' || env.SESSIONS_URL !== undefined, {
    path: ['SESSIONS_URL'],
    message: 'must be given in production: the public base URL of the sessions service',
    when: () => true,
  })
  .transform((env) => ({ ...env, SESSIONS_URL: env.SESSIONS_URL ?? 'http://localhost:3002', bounds: boundsOf(env) }));

export type Config = z.infer<typeof variables>;

export const readConfig = (): Config => parseConfig(variables, process.env);

export const readBounds = (): Bounds => boundsOf(parseConfig(z.object(bounds), process.env));
