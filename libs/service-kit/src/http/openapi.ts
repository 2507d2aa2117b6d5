import { z } from 'zod';
import {
  createDocument,
  type CreateDocumentOptions,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi';
import { idempotencyKey } from '../fields.ts';
import { problemDoc, problemsOf } from './problem-catalogue.ts';
import { headersOfProblem, problemSchema, problemExample } from './openapi-problems.ts';
import { PROBLEM_TYPE } from './problems.ts';
import type { ProblemDoc, ResponseDoc, Route } from './route.ts';

/** What the document says beside the routes. Without servers it describes the one that it was read from. */
export type ApiDescription = Pick<ZodOpenApiObject, 'info' | 'servers' | 'tags' | 'externalDocs'>;

/** OpenAPI 3.1 from the schemas that validate; a schema with `.meta({ id })` becomes a component. */
export const openapiDocument = (routes: readonly Route[], description: ApiDescription): object => {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  const Problem = problemSchema(problemsOf(routes).map(({ code }) => code));
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route, Problem);
  const document: ZodOpenApiObject = {
    openapi: '3.1.0',
    servers: [{ url: '/', description: 'this server' }],
    ...description,
    security: [{ bearer: [] }],
    paths,
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
  };
  return createDocument(document, { override: openAnswers });
};

/** Answers may gain members; requests may not have unknown ones. */
const openAnswers: NonNullable<CreateDocumentOptions['override']> = ({ jsonSchema, io }) => {
  if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
};

const operation = (route: Route, Problem: z.ZodType): ZodOpenApiOperationObject => {
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
        header: route.method === 'patch' ? ifMatch.extend(keyHeader) : z.object(keyHeader),
      }),
    },
    ...(body && {
      requestBody: { required: !body.safeParse(undefined).success, content: { 'application/json': { schema: body } } },
    }),
    responses: { ...mapValues(route.responses, response), ...problemResponses(route, Problem) },
  };
};

// without examples: Swagger UI would send them
const etag = z.string().optional();

const ifMatch = z.object({
  'If-Match': etag.describe('ETag of the version to change; 412 if it is no longer the current one.'),
});

const ifNoneMatch = z.object({
  'If-None-Match': etag.describe('ETag of the version you have; 304 if it is still the current one.'),
});

const keyHeader = {
  'Idempotency-Key': idempotencyKey
    .optional()
    .describe(
      'A new key for each action, the same key for its retries. Retries within 24 h return the original response and have no further effect.',
    ),
};

const response = ({
  description,
  schema,
  example,
  headers,
  optionalHeaders,
}: ResponseDoc): ZodOpenApiResponseObject => ({
  description,
  headers: {
    ...requestIdHeader,
    ...(headers && mapValues(headers, header)),
    ...(optionalHeaders && mapValues(optionalHeaders, optionalHeader)),
  },
  ...(schema && { content: { 'application/json': { schema, ...(example !== undefined && { example }) } } }),
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

/** The problems that the route names, and those that the kit answers for it: each with an example of its own. */
const problemResponses = (route: Route, Problem: z.ZodType): Record<string, ZodOpenApiResponseObject> => {
  const listed = [...codesOfTheKit(route), ...(route.problems ?? [])].map(problemDoc);
  const response = (problems: readonly ProblemDoc[]): ZodOpenApiResponseObject => ({
    description: problems
      .map(({ code, description }) => `\`${code}\`${description ? `: ${description}` : ''}`)
      .join('\n\n'),
    headers: { ...requestIdHeader, ...headersOfProblem(problems[0]!.status) },
    content: {
      [PROBLEM_TYPE]: {
        schema: Problem,
        examples: Object.fromEntries(problems.map((one) => [one.code, { value: problemExample(one, route) }])),
      },
    },
  });
  const byStatus = Map.groupBy(listed, ({ status }) => String(status));
  return Object.fromEntries([...byStatus].toSorted().map(([status, problems]) => [status, response(problems)]));
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
