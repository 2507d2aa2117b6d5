import { z } from 'zod';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { PROBLEM_TYPE } from './problem.ts';
import { problemDoc } from './problem-catalogue.ts';
import type { ProblemDoc, Route } from './route.ts';

/** Those that the route names, and those that the kernel answers for it. */
export const problemResponses = (route: Route): Record<string, ZodOpenApiResponseObject> => {
  const listed = [...kernelCodes(route), ...(route.problems ?? [])].map(problemDoc);
  const byStatus = Map.groupBy(listed, ({ status }) => String(status));
  return Object.fromEntries([...byStatus].toSorted().map(([status, problems]) => [status, response(problems)]));
};

const ofUnsafeRequests = [
  ...['malformed-json', 'payload-too-large', 'unsupported-media-type', 'outcome-unknown'],
  ...['idempotency-key-reused', 'idempotency-key-in-use'],
];

const kernelCodes = (route: Route): string[] => [
  ...(route.method !== 'get' || route.params || route.query ? ['validation-failed'] : []),
  ...(route.method === 'get' ? [] : ofUnsafeRequests),
  ...(route.isPublic ? [] : ['unauthenticated', 'too-many-requests']),
  'internal',
  'unavailable',
];

const response = (problems: readonly ProblemDoc[]): ZodOpenApiResponseObject => ({
  description: problems
    .map(({ code, description }) => `\`${code}\`${description ? `: ${description}` : ''}`)
    .join('\n\n'),
  content: { [PROBLEM_TYPE]: { schema: Problem } },
});

const Problem = z
  .looseObject({
    type: z.string().meta({ description: 'A page of this service: cause and cure.', example: '/problems/not-found' }),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable; what programs decide by.', example: 'not-found' }),
    detail: z.string(),
    instance: z.string().optional(),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string().meta({ example: 'body.start' }), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });
