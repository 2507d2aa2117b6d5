import { z } from 'zod';

/** A UUID of any version in lower case: ids made elsewhere are not ours to judge. */
export const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be a UUID in lower case')
  .meta({ format: 'uuid' });

/** RFC 3339, UTC, to the millisecond: `2026-01-31T09:30:00.000Z`. */
export const timestamp = z.iso.datetime({ precision: 3 });

/** Unicode that every consumer and every database can hold: well-formed and without U+0000. */
export const text = z.string().refine((value) => value.isWellFormed() && !value.includes('\0'), {
  error: 'must be well-formed Unicode without U+0000',
});

export const metadata = z.record(text, text);
