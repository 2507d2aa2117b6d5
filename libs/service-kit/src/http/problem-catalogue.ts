import type { ProblemCode, ProblemDoc, Route } from './route.ts';

const retry = 'Retry after the time in Retry-After; keep the Idempotency-Key if the request changes something.';
const clientBug = 'This is a bug in the client: fix the request. Retrying it does not help.';

/** What the kit answers by itself, roughly in the order of its checks. */
const ofTheKit: readonly ProblemDoc[] = [
  { status: 400, code: 'malformed-request', description: 'not a valid HTTP request', cure: clientBug },
  { status: 408, code: 'request-timeout', description: 'the request took too long to arrive', cure: 'Retry.' },
  { status: 431, code: 'headers-too-large', description: 'the header fields are too large', cure: clientBug },
  {
    status: 404,
    code: 'not-found',
    description: 'no such resource',
    cure: 'Check the path and the id. If the resource was only just created, retry after the time in Retry-After.',
  },
  {
    status: 405,
    code: 'method-not-allowed',
    description: 'this resource does not allow the method; see `Allow`',
    cure: clientBug,
  },
  {
    status: 401,
    code: 'unauthenticated',
    description: 'missing, invalid or expired token',
    cure: 'Get a new token and send it as Authorization: Bearer <token>.',
  },
  {
    status: 429,
    code: 'too-many-requests',
    description: 'more requests per minute than the service allows; see `Retry-After`',
    cure: 'Retry after the time in Retry-After. RateLimit says how many requests are left.',
  },
  { status: 413, code: 'payload-too-large', description: 'the body is larger than 64 KiB', cure: clientBug },
  {
    status: 415,
    code: 'unsupported-media-type',
    description: 'the body is not application/json in UTF-8',
    cure: 'Send uncompressed JSON in UTF-8 with Content-Type: application/json.',
  },
  { status: 400, code: 'malformed-json', description: 'the body is not valid JSON', cure: clientBug },
  {
    status: 400,
    code: 'validation-failed',
    description: 'invalid body, path, header or query; see `errors`',
    cure: 'errors names each invalid field and why: body.start, query.limit, path.id, header.Idempotency-Key. Unknown names are rejected too.',
  },
  {
    status: 422,
    code: 'idempotency-key-reused',
    description: 'the Idempotency-Key was used for a different request',
    cure: 'Use a new key, such as a UUID, for each action.',
  },
  {
    status: 409,
    code: 'idempotency-key-in-use',
    description: 'another request with this Idempotency-Key is in progress',
    cure: retry,
  },
  {
    status: 403,
    code: 'forbidden',
    description: 'the caller may not do this',
    cure: 'Offer users only the actions in allowedActions. A token with other roles may allow more.',
  },
  {
    status: 412,
    code: 'precondition-failed',
    description: 'the version in If-Match is not the current one',
    cure: 'The resource was changed in the meantime: read it again and let the user decide.',
  },
  {
    status: 500,
    code: 'internal',
    description: 'an error on our side; the requestId identifies it in our logs',
    cure: 'Report the requestId.',
  },
  { status: 503, code: 'unavailable', description: 'temporarily unavailable; nothing was changed', cure: retry },
  {
    status: 503,
    code: 'outcome-unknown',
    description: 'it may or may not have taken effect; retry with the same Idempotency-Key, or read the resource',
    cure: retry,
  },
];

const titles: Readonly<Record<string, string>> = {
  'headers-too-large': 'Request header fields too large',
  'malformed-json': 'Malformed JSON',
  internal: 'Internal error',
};

/** The words of the code; of an error of the service's own, its status says more. */
export const titleOf = ({ status, code }: Pick<ProblemDoc, 'status' | 'code'>): string =>
  status === 409 ? 'Conflict' : (titles[code] ?? capitalised(code.replaceAll('-', ' ')));

export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const byCode = new Map(ofTheKit.map((problem) => [problem.code, problem]));

/** A code of the service's own without a status is a conflict. */
export const problemDoc = (problem: ProblemCode): ProblemDoc =>
  typeof problem === 'string' ? (byCode.get(problem) ?? { status: 409, code: problem }) : problem;

/** Every problem that a service with these routes may answer with, each once. */
export const problemsOf = (routes: readonly Route[]): readonly ProblemDoc[] => {
  const named = routes.flatMap(({ problems = [] }) => problems.map(problemDoc));
  return [...new Map([...ofTheKit, ...named].map((problem) => [problem.code, problem])).values()];
};
