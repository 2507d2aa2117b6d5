import { z } from 'zod';

/** A lower-case UUID of any version; some ids come from other systems. */
export const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be a lower-case UUID')
  .meta({ format: 'uuid' });

/** RFC 3339, UTC, to the millisecond: `2026-01-31T09:30:00.000Z`. */
export const timestamp = z.iso.datetime({ precision: 3 });

/** Unicode that every consumer and database can store: well-formed, without U+0000. */
export const text = z.string().refine((value) => value.isWellFormed() && !value.includes('\0'), {
  error: 'must be well-formed Unicode without U+0000',
});

export const metadata = z.record(text, text);
