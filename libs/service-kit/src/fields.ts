import { z } from 'zod';
import type { FieldCode } from './errors.ts';
import { decodeCursor, type Cursor } from './keyset.ts';

/** The rule that a value breaks, for a refinement: a message, a stable code for clients, and the code's parameters. */
export const breaks = (code: FieldCode, error: string, parameters: Readonly<Record<string, unknown>> = {}) => ({
  error,
  params: { code, ...parameters },
});

/** For optional fields of a request: null is the same as absent. */
export const optional = <S extends z.ZodType, A>(schema: S, absent: A) =>
  schema.nullish().transform((value): z.output<S> | A => value ?? absent);

/** A UUID of any version, in any case; goes on in lower case, as the database writes it. */
export const id = z.guid('must be a UUID').toLowerCase();

/** In answers. */
export const uuid = z.guid();
export const time = z.iso.datetime();
/** An integer of the database. */
export const version = z.int().min(1).max(2_147_483_647);

const withinTheCalendar = (time: Date): boolean => time.getUTCFullYear() >= 1 && time.getUTCFullYear() <= 9999;

/** RFC 3339 §5.6 with any offset, also with small `t` and `z`; digits finer than a millisecond are cut off. */
export const instant = z
  .string()
  .refine(
    (text) => z.regexes.datetime({ offset: true }).test(text.toUpperCase()),
    breaks('wrong-format', 'must be a time as in RFC 3339, like 2026-01-31T09:30:00Z', { format: 'date-time' }),
  )
  .meta({ format: 'date-time' })
  .transform((text) => new Date(text.toUpperCase()))
  .refine(withinTheCalendar, breaks('out-of-range', 'must be in the years 0001 to 9999', { min: '0001', max: '9999' }));

const length = (text: string): number => [...text].length;

/** Well-formed Unicode without U+0000 (PostgreSQL cannot hold it), counted in code points. */
export const text = (shape: { min?: number; max: number }) =>
  z
    .string()
    .refine(
      (value) => value.isWellFormed() && !value.includes('\0'),
      breaks('wrong-characters', 'must be well-formed Unicode without U+0000'),
    )
    .refine(
      (value) => length(value) <= shape.max,
      breaks('too-long', `must have at most ${shape.max} characters`, { max: shape.max }),
    )
    .refine(
      (value) => length(value) >= (shape.min ?? 0),
      breaks('too-short', `must have at least ${shape.min} characters`, { min: shape.min }),
    )
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
      const { error: message, params } = breaks('too-many', `must have at most ${most} values`, { max: most });
      if (texts.length > most) context.addIssue({ code: 'custom', message, params });
      else if (wrong) context.addIssue({ ...wrong, path: [] });
      return parsed.flatMap(({ data, success }) => (success ? [data] : []));
    })
    .meta({ override: { anyOf: [document, { type: 'array', items: document, maxItems: most }] } });

const SEVERAL = 'separated by commas, or repeated';

/** Of a list: one of these values, or several. */
export const severalOf = <const S extends readonly string[]>(values: S) =>
  several({ item: z.enum(values), most: values.length, document: { type: 'string', enum: [...values] } })
    .optional()
    .describe(`one or several, ${SEVERAL}`);

/** A boolean in the document, and in the query its name. */
export const flag = z
  .string()
  .refine(
    (name) => name === 'true' || name === 'false',
    breaks('not-allowed', 'must be true or false', { allowed: ['true', 'false'] }),
  )
  .transform((name) => name === 'true')
  .meta({ override: { type: 'boolean' } });

const cursor = z
  .string()
  .transform((value, context): Cursor => {
    const decoded = decodeCursor(value);
    if (decoded) return decoded;
    const { error: message, params } = breaks('wrong-format', 'must be the nextCursor of a page', { format: 'cursor' });
    context.addIssue({ code: 'custom', message, params });
    return z.NEVER;
  })
  .describe('`nextCursor` of the page before');

export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, { error: 'must have 1 to 255 visible ASCII characters' });

const largestPage = 100;

/** A number in the document, and in the query the digits of one. */
const limit = z
  .string()
  .refine(
    (digits) => /^[1-9]\d{0,2}$/.test(digits) && Number(digits) <= largestPage,
    breaks('out-of-range', `must be a whole number from 1 to ${largestPage}`, { min: 1, max: largestPage }),
  )
  .transform(Number)
  .default(20)
  .meta({
    description: 'items of a page',
    override: { type: 'integer', minimum: 1, maximum: largestPage, default: 20 },
  });

/** Query parameters that every list has. */
export const pageQuery = {
  from: instant.optional().describe('start not before this time'),
  to: instant.optional().describe('start before this time'),
  endsAfter: instant.optional().describe('end after this time; with `to`: all that overlap a period'),
  ids: several({ item: id, most: 100, document: { type: 'string', format: 'uuid' } })
    .optional()
    .describe(`only these, at most 100, ${SEVERAL}`),
  order: z.enum(['desc', 'asc']).default('desc').describe('by start'),
  limit,
  cursor: cursor.optional(),
};
