// Every error that a client may see has a stable code and a status. Use cases throw; one middleware answers.

type Problem = {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** Further members of the problem document (RFC 9457 §3.2), such as `currentStatus`. */
  readonly extras?: Readonly<Record<string, unknown>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly cause?: unknown;
};

/** What may be wrong with a field: all codes that exist, an enumeration of the documents. */
export const fieldCodes = [
  'required',
  'unknown',
  'wrong-type',
  'wrong-format',
  'not-allowed',
  'too-long',
  'too-short',
  'too-many',
  'out-of-range',
  'wrong-name',
  'wrong-characters',
  'in-the-past',
  'too-far',
  'not-after-start',
  'too-long-after-start',
  'your-own',
  'invalid',
] as const;

export type FieldCode = (typeof fieldCodes)[number];

/** `code` is stable; parameters such as `max` stand beside it. */
export type FieldError = {
  readonly path: string;
  readonly message: string;
  readonly code: FieldCode;
  readonly [parameter: string]: unknown;
};

type Because = { readonly cause?: unknown };

const titles: Readonly<Record<string, string>> = {
  'headers-too-large': 'Request header fields too large',
  'malformed-json': 'Malformed JSON',
  internal: 'Internal error',
};

/** The words of the code; of an error of the service's own, its status says more. */
export const titleOf = ({ status, code }: Pick<Problem, 'status' | 'code'>): string =>
  status === 409 ? 'Conflict' : (titles[code] ?? capitalised(code.replaceAll('-', ' ')));

export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const retrySoon = { 'Retry-After': '1' };

export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly extras: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor({ status, code, detail, extras = {}, headers = {}, cause }: Problem) {
    super(detail, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.status = status;
    this.code = code;
    this.title = titleOf({ status, code });
    this.extras = extras;
    this.headers = headers;
  }
}

export class ValidationFailed extends ProblemError {
  readonly errors: readonly FieldError[];

  constructor(errors: readonly FieldError[]) {
    const detail = 'The request is not valid; see errors.';
    super({ status: 400, code: 'validation-failed', detail, extras: { errors } });
    this.errors = errors;
  }
}

export class MalformedJson extends ProblemError {
  constructor() {
    super({ status: 400, code: 'malformed-json', detail: 'The body is not valid JSON in UTF-8.' });
  }
}

/** The same text for every cause: which check a token failed is for the log, not for the caller. `isRefused`: there was a token. */
export class Unauthenticated extends ProblemError {
  constructor({ isRefused = false, cause }: Because & { readonly isRefused?: boolean } = {}) {
    const detail = 'A valid bearer token is required.';
    const headers = { 'WWW-Authenticate': isRefused ? 'Bearer error="invalid_token"' : 'Bearer' };
    super({ status: 401, code: 'unauthenticated', detail, headers, cause });
  }
}

export class Forbidden extends ProblemError {
  constructor(detail: string) {
    super({ status: 403, code: 'forbidden', detail });
  }
}

export class NotFound extends ProblemError {
  constructor(detail: string, { headers }: Pick<Problem, 'headers'> = {}) {
    super({ status: 404, code: 'not-found', detail, headers });
  }
}

export class MethodNotAllowed extends ProblemError {
  constructor(allow: readonly string[]) {
    const headers = { Allow: allow.join(', ') };
    const detail = `This resource allows ${headers.Allow}.`;
    super({ status: 405, code: 'method-not-allowed', detail, headers });
  }
}

export class Conflict extends ProblemError {
  constructor(code: string, detail: string, extras: Readonly<Record<string, unknown>> = {}) {
    super({ status: 409, code, detail, extras });
  }
}

export class IdempotencyKeyReused extends ProblemError {
  constructor() {
    const detail = 'You have already used this Idempotency-Key for a different request.';
    super({ status: 422, code: 'idempotency-key-reused', detail });
  }
}

export class IdempotencyKeyInUse extends ProblemError {
  constructor() {
    const detail = 'Another request with this Idempotency-Key is in progress.';
    super({ status: 409, code: 'idempotency-key-in-use', detail, headers: retrySoon });
  }
}

export class PreconditionFailed extends ProblemError {
  constructor(detail: string) {
    super({ status: 412, code: 'precondition-failed', detail });
  }
}

export class PayloadTooLarge extends ProblemError {
  constructor(detail: string) {
    super({ status: 413, code: 'payload-too-large', detail });
  }
}

/** The rate limiter sets `Retry-After`. */
export class TooManyRequests extends ProblemError {
  constructor() {
    const detail = 'Too many requests in this minute; retry after the time in Retry-After.';
    super({ status: 429, code: 'too-many-requests', detail });
  }
}

/** `Accept-Encoding` says that it is the compression that is not supported (RFC 9110 §15.5.16). */
export class UnsupportedMediaType extends ProblemError {
  constructor({ isCompressed = false } = {}) {
    const detail = 'The body must be uncompressed application/json in UTF-8.';
    const headers = isCompressed ? { 'Accept-Encoding': 'identity' } : {};
    super({ status: 415, code: 'unsupported-media-type', detail, headers });
  }
}

/** Nothing was changed; the request may be retried. */
export class Unavailable extends ProblemError {
  constructor(
    detail: string,
    { cause, retryAfterSeconds = 1 }: Because & { readonly retryAfterSeconds?: number } = {},
  ) {
    const headers = { 'Retry-After': String(retryAfterSeconds) };
    super({ status: 503, code: 'unavailable', detail, headers, cause });
  }
}

/** A token's key is unknown, and the issuer was asked for its keys too recently to ask again. */
export class KeyUnknownYet extends Unavailable {}

/** It may or may not have taken effect, for instance because the response to COMMIT was lost. */
export class OutcomeUnknown extends ProblemError {
  constructor(detail: string, { cause }: Because = {}) {
    super({ status: 503, code: 'outcome-unknown', detail, headers: retrySoon, cause });
  }
}
