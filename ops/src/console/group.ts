import { z } from 'zod';
import { text } from '@mentor-sessions/service-kit/fields';
import { services } from '../databases.ts';

/** What names a group of dead letters. */
export const group = {
  service: z.enum(services),
  queue: text({ min: 1, max: 255 }),
  reason: text({ min: 1, max: 255 }),
  fingerprint: z.string().regex(/^[0-9a-f]{32}$/, 'must be 32 hexadecimal digits'),
};
