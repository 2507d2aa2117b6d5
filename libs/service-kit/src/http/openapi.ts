import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi';
import { problemDoc } from './problem-catalogue.ts';
import { PROBLEM_TYPE } from './problems.ts';
import type { ProblemDoc, ResponseDoc, Route } from './route.ts';

/** What the document says beside the routes. Without servers it describes the one that it was read from. */
export type ApiDescription = Pick<ZodOpenApiObject, 'info' | 'servers' | 'tags' | 'externalDocs'>;

/** OpenAPI 3.1 from the schemas that validate; a schema with `.meta({ id })` becomes a component. */
export const openapiDocument = (routes: readonly Route[], description: ApiDescription): object => {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route);
  return createDocument({
    openapi: '3.1.0',
    servers: [{ url: '/', description: 'this server' }],
    ...description,
    security: [{ bearer: [] }],
    paths,
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
  });
};

const operation = (route: Route): ZodOpenApiOperationObject => {
  const { operationId, summary, description, tags, isPublic, params, query, body } = route;
  return {
    operationId,
    summary,
    ...(description && { description }),
    ...(tags && { tags: [...tags] }),
    ...(isPublic && { security: [] }),
    requestParams: {
      ...(params && { path: params }),
      ...(query && { query }),
      ...(304 in route.responses && { header: ifNoneMatch }),
      ...(route.method !== 'get' && {
        header: isTransition(route) ? ifMatch.extend(idempotencyKey) : z.object(idempotencyKey),
      }),
    },
    ...(body && {
      requestBody: { required: !body.safeParse(undefined).success, content: { 'application/json': { schema: body } } },
    }),
    responses: { ...mapValues(route.responses, response), ...problemResponses(route) },
  };
};

const isTransition = ({ method }: Route): boolean => method === 'patch';

const ifMatch = z.object({
  'If-Match': z
    .string()
    .optional()
    .meta({ description: 'ETag of the version to change; 412 if it is no longer the current one.', example: '"1"' }),
});

const ifNoneMatch = z.object({
  'If-None-Match': z
    .string()
    .optional()
    .meta({ description: 'ETag of the version you have; 304 if it is still the current one.' }),
});

const idempotencyKey = {
  'Idempotency-Key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional()
    .meta({
      description:
        'A new key for each action, the same key for its retries. Retries within 24 h return the original response and have no further effect.',
      example: '8e03978e-40d5-43dd-bc93-6894a57f9324',
    }),
};

const response = ({ description, schema, headers, optionalHeaders }: ResponseDoc): ZodOpenApiResponseObject => ({
  description,
  headers: {
    ...requestIdHeader,
    ...(headers && mapValues(headers, header)),
    ...(optionalHeaders && mapValues(optionalHeaders, optionalHeader)),
  },
  ...(schema && { content: { 'application/json': { schema } } }),
});

const header = (description: string) => ({ ...optionalHeader(description), required: true });

const optionalHeader = (description: string) => ({
  description,
  schema: { type: 'string' as const },
});

const requestIdHeader = {
  'X-Request-Id': header("The caller's, if it sent a valid one; otherwise a new one."),
};

const mapValues = <From, To>(record: Readonly<Record<string, From>>, to: (from: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]));

/** The problems that the route names, and those that the kit answers for it. */
const problemResponses = (route: Route): Record<string, ZodOpenApiResponseObject> => {
  const listed = [...codesOfTheKit(route), ...(route.problems ?? [])].map(problemDoc);
  const byStatus = Map.groupBy(listed, ({ status }) => String(status));
  return Object.fromEntries([...byStatus].toSorted().map(([status, problems]) => [status, problemResponse(problems)]));
};

const codesOfWrites = [
  'malformed-json',
  'payload-too-large',
  'unsupported-media-type',
  'outcome-unknown',
  'idempotency-key-reused',
  'idempotency-key-in-use',
];

const codesOfTheKit = (route: Route): string[] => [
  ...(route.method !== 'get' || route.params || route.query ? ['validation-failed'] : []),
  ...(route.method === 'get' ? [] : codesOfWrites),
  ...(route.isPublic ? [] : ['unauthenticated', 'too-many-requests']),
  'internal',
  'unavailable',
];

const problemResponse = (problems: readonly ProblemDoc[]): ZodOpenApiResponseObject => ({
  description: problems
    .map(({ code, description }) => `\`${code}\`${description ? `: ${description}` : ''}`)
    .join('\n\n'),
  content: { [PROBLEM_TYPE]: { schema: Problem } },
});

const Problem = z
  .looseObject({
    type: z.string().meta({
      description: 'Leads to a page of this service: the cause and what to do.',
      example: '/problems/not-found',
    }),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable: what programs should check.', example: 'not-found' }),
    detail: z.string(),
    instance: z.string().optional(),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string().meta({ example: 'body.start' }), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });
