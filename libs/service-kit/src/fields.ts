import { z } from 'zod';
import { decodeCursor, type Cursor } from './keyset.ts';

/** A UUID of any version, in any case; goes on in lower case, as the database writes it. */
export const id = z.guid('must be a UUID').toLowerCase();

const withinTheCalendar = (time: Date): boolean => time.getUTCFullYear() >= 1 && time.getUTCFullYear() <= 9999;

/** RFC 3339 §5.6 with any offset; digits finer than a millisecond are cut off. */
export const instant = z.iso
  .datetime({ offset: true, error: 'must be a time as in RFC 3339, like 2026-01-31T09:30:00Z' })
  .transform((text) => new Date(text))
  .refine(withinTheCalendar, 'must be in the years 0001 to 9999');

const length = (text: string): number => [...text].length;

/** Well-formed Unicode without U+0000 (PostgreSQL cannot hold it), counted in code points. */
export const text = (shape: { min?: number; max: number }) =>
  z
    .string()
    .refine((value) => value.isWellFormed() && !value.includes('\0'), 'must be well-formed Unicode without U+0000')
    .refine((value) => length(value) <= shape.max, `must have at most ${shape.max} characters`)
    .refine((value) => length(value) >= (shape.min ?? 0), `must have at least ${shape.min} characters`)
    .meta({ maxLength: shape.max, ...(shape.min ? { minLength: shape.min } : {}) });

type Several<T> = { readonly item: z.ZodType<T, string>; readonly most: number; readonly document: object };

/** One value or several of a query parameter: separated by commas, or under its name again. All of them must be right. */
const several = <T>({ item, most, document }: Several<T>) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((given, context): readonly T[] => {
      const texts = [...new Set([given].flat().flatMap((text) => text.split(',')))];
      const parsed = texts.map((text) => item.safeParse(text));
      const [wrong] = parsed.flatMap(({ error }) => error?.issues ?? []);
      if (texts.length > most) context.addIssue(`must have at most ${most} values`);
      else if (wrong) context.issues.push({ ...wrong, input: undefined, path: [] });
      return parsed.flatMap(({ data, success }) => (success ? [data] : []));
    })
    .meta({ override: { anyOf: [document, { type: 'array', items: document, maxItems: most }] } });

const SEVERAL = 'separated by commas, or repeated';

/** Of a list. */
export const statusFilter = <const S extends readonly string[]>(statuses: S) =>
  several({ item: z.enum(statuses), most: statuses.length, document: { type: 'string', enum: [...statuses] } })
    .optional()
    .describe(`one or several, ${SEVERAL}`);

const cursor = z
  .string()
  .transform((value, context): Cursor => {
    const decoded = decodeCursor(value);
    if (decoded) return decoded;
    context.addIssue('must be the nextCursor of a page');
    return z.NEVER;
  })
  .describe('`nextCursor` of the page before');

/** Query parameters that every list has. */
export const pageQuery = {
  from: instant.optional().describe('start not before this time'),
  to: instant.optional().describe('start before this time'),
  endsAfter: instant.optional().describe('end after this time; with `to`: all that overlap a period'),
  ids: several({ item: id, most: 100, document: { type: 'string', format: 'uuid' } })
    .optional()
    .describe(`only these, at most 100, ${SEVERAL}`),
  order: z.enum(['desc', 'asc']).default('desc').describe('by start'),
  limit: z
    .string()
    .regex(/^(100|[1-9]\d?)$/, 'must be a whole number from 1 to 100')
    .transform(Number)
    .default(20)
    .meta({ description: 'items of a page, 1–100', example: '20' }),
  cursor: cursor.optional(),
};
