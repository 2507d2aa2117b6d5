import { z } from 'zod';
import { ValidationFailed, type FieldError } from '../errors.ts';
import { idempotencyKey } from '../fields.ts';
import { fieldErrors } from './field-errors.ts';
import type { Route } from './route.ts';

type Raw = {
  readonly params: unknown;
  readonly search: string;
  readonly body: unknown;
  readonly idempotencyKey: string | undefined;
  readonly isIfMatchMalformed: boolean;
};
type Input = {
  readonly params: Record<string, unknown>;
  readonly query: Record<string, unknown>;
  readonly body: unknown;
};

const nothing = z.strictObject({});
const noBody = z
  .strictObject({})
  .optional()
  .transform(() => undefined);
const noText = z.undefined();
const headers = z.object({ 'Idempotency-Key': idempotencyKey });
const malformedIfMatch: FieldError = {
  path: 'header.If-Match',
  message: 'must be * or ETags with their quotes, such as "1"',
  code: 'wrong-format',
  format: 'etag',
};
const MOST_ERRORS = 50;

/** Compiled once per route: checks header, path, query and body together, so that the caller sees all errors at once. */
export const inputParser = (route: Route): ((raw: Raw) => Input) => {
  const query = route.query?.strict() ?? nothing;
  const params = route.params ?? z.object({});
  const body = route.method === 'get' ? noText : (route.body ?? noBody);
  return (raw) => {
    const errors: FieldError[] = [];
    const check = <S extends z.ZodType>(place: string, schema: S, value: unknown): z.output<S> => {
      const result = schema.safeParse(value, { reportInput: true });
      if (!result.success) errors.push(...result.error.issues.flatMap((issue) => fieldErrors(place, schema, issue)));
      return result.data as z.output<S>;
    };
    if (raw.idempotencyKey !== undefined) check('header', headers, { 'Idempotency-Key': raw.idempotencyKey });
    if (raw.isIfMatchMalformed) errors.push(malformedIfMatch);
    const input = {
      params: check('path', params, raw.params),
      query: check('query', query, queryOf(raw.search)),
      body: check('body', body, raw.body),
    };
    if (errors.length > 0) throw new ValidationFailed(errors.slice(0, MOST_ERRORS));
    return input;
  };
};

// A name given twice becomes an array, which no schema of a single value accepts.
const queryOf = (search: string): Record<string, unknown> => {
  if (search === '') return {};
  // URLSearchParams strips one leading ?: the name in `??limit=1` is `?limit`, as every proxy reads it
  const parameters = new URLSearchParams(`?${search}`);
  const entries = [...new Set(parameters.keys())].map((name) => {
    const values = parameters.getAll(name);
    return [name, values.length === 1 ? values[0] : values] as const;
  });
  return Object.fromEntries(entries); // own properties, also of a name such as __proto__
};
