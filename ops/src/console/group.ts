import { z } from 'zod';
import { services } from '../databases.ts';

/** What names a group of dead letters. */
export const group = {
  service: z.enum(services),
  fingerprint: z.string().regex(/^[0-9a-f]{8}$/, 'must be eight hexadecimal digits'),
};
