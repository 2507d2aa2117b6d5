import type { ProblemCode, ProblemDoc, Route } from './route.ts';

const again = 'Send the same request again after Retry-After, under the same Idempotency-Key if it changes something.';
const clientBug = 'A bug of the client: mend the request, sending it again changes nothing.';

/** What the kit answers by itself, in the order of its checks. */
const ofTheKit: readonly ProblemDoc[] = [
  { status: 400, code: 'malformed-request', description: 'this is not HTTP as we understand it', cure: clientBug },
  { status: 408, code: 'request-timeout', description: 'the request took too long to arrive', cure: 'Send it again.' },
  { status: 431, code: 'headers-too-large', description: 'the header fields are too large together', cure: clientBug },
  {
    status: 404,
    code: 'not-found',
    description: 'no such thing',
    cure: 'Check path and id. A session of a booking accepted a moment ago comes soon: ask again after Retry-After.',
  },
  { status: 405, code: 'method-not-allowed', description: 'this path has other methods; see `Allow`', cure: clientBug },
  {
    status: 401,
    code: 'unauthenticated',
    description: 'no, bad or expired token',
    cure: 'Get a new token, and send it as Authorization: Bearer <token>.',
  },
  {
    status: 429,
    code: 'too-many-requests',
    description: 'if the service limits them; see `Retry-After`',
    cure: 'Wait as long as Retry-After says; RateLimit tells how many are left before it comes to this.',
  },
  { status: 413, code: 'payload-too-large', description: 'the body is larger than 64 KiB', cure: clientBug },
  {
    status: 415,
    code: 'unsupported-media-type',
    description: 'the body is not application/json in UTF-8',
    cure: 'Send JSON in UTF-8, not compressed, as Content-Type: application/json.',
  },
  { status: 400, code: 'malformed-json', description: 'the body cannot be read', cure: clientBug },
  {
    status: 400,
    code: 'validation-failed',
    description: 'wrong shape, id, header or query; see `errors`',
    cure: 'errors says what is wrong with which field: body.start, query.limit, path.id, header.Idempotency-Key. Names that are not known are refused too.',
  },
  {
    status: 422,
    code: 'idempotency-key-reused',
    description: 'the Idempotency-Key belongs to another request',
    cure: 'Use a new key, say a UUID, for each thing that the user wants done.',
  },
  {
    status: 409,
    code: 'idempotency-key-in-use',
    description: 'a request with this Idempotency-Key is under way',
    cure: again,
  },
  {
    status: 403,
    code: 'forbidden',
    description: 'wrong role, or not one of the two people',
    cure: 'Offer only what allowedActions names; a token with another role or mentor profile may do more.',
  },
  {
    status: 412,
    code: 'precondition-failed',
    description: 'the version in If-Match is not the present one',
    cure: 'Somebody changed it meanwhile: read it again, and let the user decide anew.',
  },
  {
    status: 500,
    code: 'internal',
    description: 'our fault; the request id finds it in our log',
    cure: 'Tell us the requestId.',
  },
  { status: 503, code: 'unavailable', description: 'nothing was changed; try again', cure: again },
  {
    status: 503,
    code: 'outcome-unknown',
    description: 'it may have taken effect or not; repeat with the same Idempotency-Key, or look',
    cure: again,
  },
];

const byCode = new Map(ofTheKit.map((problem) => [problem.code, problem]));

/** A code of the service's own without more words is a conflict. */
export const problemDoc = (problem: ProblemCode): ProblemDoc =>
  typeof problem === 'string' ? (byCode.get(problem) ?? { status: 409, code: problem }) : problem;

/** Every problem that a service with these routes may answer, each once. */
export const problemsOf = (routes: readonly Route[]): readonly ProblemDoc[] => {
  const named = routes.flatMap(({ problems = [] }) => problems.map(problemDoc));
  return [...new Map([...ofTheKit, ...named].map((problem) => [problem.code, problem])).values()];
};
