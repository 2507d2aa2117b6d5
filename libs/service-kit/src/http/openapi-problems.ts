import { STATUS_CODES } from 'node:http';
import { z } from 'zod';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { fieldCodes } from '../errors.ts';
import { capitalised, titleOf } from './problem-catalogue.ts';
import type { ProblemDoc, Route } from './route.ts';

/** RFC 9457. The codes of one service are an enumeration, so that a `switch` can be checked; it may grow. */
export const problemSchema = (codes: readonly string[]): z.ZodType =>
  z
    .looseObject({
      type: z.string().describe('Leads to a page of this service: the cause and what to do.'),
      title: z.string(),
      status: z.int().min(400).max(599),
      code: z.enum(codes).describe('What programs should check. New codes may be added.'),
      detail: z.string().describe('For developers; not for users.'),
      instance: z.string().optional(),
      requestId: z.string(),
      errors: z.array(fieldError).optional().describe('of `validation-failed`: one for each invalid field'),
      currentStatus: z.string().optional().describe('of `invalid-transition`'),
    })
    .meta({ id: 'Problem', description: 'RFC 9457' });

const fieldError = z.looseObject({
  path: z.string(),
  message: z.string().describe('For developers; not for users.'),
  code: z.enum(fieldCodes).describe('Stable. Its parameters stand beside it, such as `max`. New codes may be added.'),
});

const seconds = (required: boolean) => ({
  'Retry-After': { description: 'seconds to wait', required, schema: { type: 'integer' as const, minimum: 0 } },
});
const text = (name: string, description: string, required: boolean) => ({
  [name]: { description, required, schema: { type: 'string' as const } },
});

/** Beside X-Request-Id. */
export const headersOfProblem = (status: number) => headers[status] ?? {};

const headers: Readonly<Record<number, NonNullable<ZodOpenApiResponseObject['headers']>>> = {
  401: text('WWW-Authenticate', 'RFC 6750', true),
  404: seconds(false),
  409: seconds(false),
  415: text('Accept-Encoding', '`identity`, if the body was compressed', false),
  429: seconds(true),
  503: seconds(true),
};

/** What the problem looks like at this route. */
export const problemExample = ({ example, ...doc }: ProblemDoc, route: Route): object => ({
  type: `/problems/${doc.code}`,
  title: titleOf(doc),
  status: doc.status,
  code: doc.code,
  detail: `${capitalised((doc.description ?? STATUS_CODES[doc.status] ?? '').replace(/;.*$/s, ''))}.`,
  instance: route.path.replace('{id}', String(exampleId(route))),
  requestId: '01980000-0000-7000-8000-0000000000ee',
  ...(doc.code === 'validation-failed' && { errors: [fieldExample(route)] }),
  ...example,
});

const exampleId = ({ params }: Route): unknown => (params?.shape['id'] as z.ZodType | undefined)?.meta()?.['example'];

const fieldExample = ({ query, params }: Route): object => {
  if (query)
    return {
      path: 'query.limit',
      message: 'must be a whole number from 1 to 100',
      code: 'out-of-range',
      min: 1,
      max: 100,
    };
  if (params) return { path: 'path.id', message: 'must be a UUID', code: 'wrong-format', format: 'uuid' };
  return { path: 'body.end', message: 'is required', code: 'required' };
};
