import { ProblemError } from '../errors.ts';

type Occurrence = { readonly instance?: string | undefined; readonly requestId: string };

export const PROBLEM_TYPE = 'application/problem+json';

/** RFC 9457; extras cannot displace the standard members. The type is relative: its page is served where the problem came from. */
export const problemDocument = (problem: ProblemError, { instance, requestId }: Occurrence): object => ({
  ...problem.extras,
  type: `/problems/${problem.code}`,
  title: problem.title,
  status: problem.status,
  code: problem.code,
  detail: problem.message,
  instance,
  requestId,
});

/** What we did not foresee: the cause is in the log under the request id, not in the answer. */
export const internalError = (cause: unknown): ProblemError =>
  new ProblemError({
    status: 500,
    code: 'internal',
    title: 'Internal error',
    detail: 'Something went wrong here. The request id finds it in our log.',
    cause,
  });

export const malformedRequest = (detail: string): ProblemError =>
  new ProblemError({ status: 400, code: 'malformed-request', title: 'Malformed request', detail });
