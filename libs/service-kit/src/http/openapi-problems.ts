import { z } from 'zod';
import type { ZodOpenApiResponseObject } from 'zod-openapi';
import { PROBLEM_TYPE } from './problem.ts';
import type { ProblemCode, Route } from './route.ts';

type Listed = { readonly status: number; readonly code: string; readonly description?: string | undefined };

const known: Readonly<Record<string, Listed>> = Object.fromEntries(
  [
    { status: 400, code: 'validation-failed', description: 'wrong shape, id or query; see `errors`' },
    { status: 400, code: 'malformed-json', description: 'the body cannot be read' },
    { status: 401, code: 'unauthenticated', description: 'no, bad or expired token' },
    { status: 403, code: 'forbidden', description: 'wrong role, or not one of the two people' },
    { status: 404, code: 'not-found', description: 'no such thing' },
    { status: 409, code: 'idempotency-key-in-use', description: 'a request with this Idempotency-Key is under way' },
    { status: 412, code: 'precondition-failed', description: 'the version in If-Match is not the present one' },
    { status: 413, code: 'payload-too-large', description: 'the body is larger than 64 KiB' },
    { status: 415, code: 'unsupported-media-type', description: 'the body is not application/json in UTF-8' },
    { status: 422, code: 'idempotency-key-reused', description: 'the Idempotency-Key belongs to another request' },
    { status: 429, code: 'too-many-requests', description: 'if the service limits them; see `Retry-After`' },
    { status: 500, code: 'internal', description: 'our fault; the request id finds it in our log' },
    { status: 503, code: 'unavailable', description: 'nothing was changed; try again' },
    {
      status: 503,
      code: 'outcome-unknown',
      description: 'it may have taken effect or not; repeat with the same Idempotency-Key, or look',
    },
  ].map((problem) => [problem.code, problem]),
);

/** Those that the route names, and those that the kernel answers for it. */
export const problemResponses = (route: Route): Record<string, ZodOpenApiResponseObject> => {
  const codes: ProblemCode[] = [...(route.problems ?? [])];
  const listed = [
    ...kernelCodes(route).map(lookUp),
    ...codes.map((code) => (typeof code === 'string' ? lookUp(code) : code)),
  ];
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

const lookUp = (code: string): Listed => known[code] ?? { status: 409, code };

const response = (problems: readonly Listed[]): ZodOpenApiResponseObject => ({
  description: problems
    .map(({ code, description }) => `\`${code}\`${description ? `: ${description}` : ''}`)
    .join('\n\n'),
  content: { [PROBLEM_TYPE]: { schema: Problem } },
});

const Problem = z
  .looseObject({
    type: z.string().meta({ example: 'urn:mentor-sessions:problem:not-found' }),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable; what programs decide by.', example: 'not-found' }),
    detail: z.string(),
    instance: z.string().optional(),
    requestId: z.string(),
    errors: z.array(z.object({ path: z.string().meta({ example: 'body.start' }), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });
