import type { components as BookingsComponents } from './generated/bookings.ts';
import type { components as SessionsComponents } from './generated/sessions.ts';

type OfBookings = BookingsComponents['schemas']['Problem'];
type OfSessions = SessionsComponents['schemas']['Problem'];

/** What the services did not say themselves: no answer came, or one that a proxy made. */
export type ClientCode =
  'network-error' | 'timeout' | 'aborted' | 'bad-gateway' | 'unexpected-response' | 'not-modified';

export type ClientProblem = {
  type: string;
  title: string;
  /** 0 if no answer came. */
  status: number;
  code: ClientCode;
  detail: string;
  instance?: string;
  /** Empty if no answer of ours came. */
  requestId: string;
  errors?: OfBookings['errors'];
  currentStatus?: string;
  [member: string]: unknown;
};

export type Problem = OfBookings | OfSessions | ClientProblem;

/** What `eachItem` throws. */
export class ApiError extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(`${problem.code}: ${problem.detail}`);
    this.name = 'ApiError';
    this.problem = problem;
  }
}

const details: Readonly<Record<ClientCode, string>> = {
  'network-error': 'No answer came: the network failed, or the browser blocked the request (CORS).',
  timeout: 'No answer came in time. The request may have taken effect.',
  aborted: 'The caller aborted the request. It may have taken effect.',
  'bad-gateway': 'A proxy answered in place of the service. The request may have taken effect.',
  'unexpected-response': 'The answer is not from the service: check baseUrl, and proxies in between.',
  'not-modified': 'It is still the version that If-None-Match names.',
};

export const clientProblem = (code: ClientCode, status = 0, requestId = ''): ClientProblem => ({
  type: 'about:blank',
  title: code.replaceAll('-', ' '),
  status,
  code,
  detail: details[code],
  requestId,
});
