import { z } from 'zod';
import {
  createDocument,
  type ZodOpenApiObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiResponseObject,
} from 'zod-openapi';
import { problemResponses } from './openapi-problems.ts';
import type { ResponseDoc, Route } from './route.ts';

/** What the document says beside the routes. Without servers it means the origin that it was read from. */
export type ApiDescription = Pick<ZodOpenApiObject, 'info' | 'servers' | 'tags' | 'externalDocs'>;

/** OpenAPI 3.1 from the schemas that validate; a schema with `.meta({ id })` becomes a component. */
export const openapiDocument = (routes: readonly Route[], description: ApiDescription): object => {
  const paths: Record<string, Record<string, ZodOpenApiOperationObject>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route);
  return createDocument({
    openapi: '3.1.0',
    servers: [{ url: '/', description: 'where this document was read from' }],
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
    .meta({ description: 'ETag of the version that is to be changed; else 412.', example: '"1"' }),
});

const idempotencyKey = {
  'Idempotency-Key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/)
    .optional()
    .meta({
      description:
        'New for each thing that you want done, the same when you repeat it: 24 h long a repetition gets the first answer again and has no further effect.',
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
  'X-Request-Id': header("The caller's if it sent a sane one, else a new one."),
};

const mapValues = <From, To>(record: Readonly<Record<string, From>>, to: (from: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, to(value)]));
