// Every error that a client may see has a stable code and a status (design §3). Routes throw; one middleware answers.

type Problem = {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  /** Members of the problem document beside the standard ones (RFC 9457 §3.2), such as `currentStatus`. */
  readonly extras?: Readonly<Record<string, unknown>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly cause?: unknown;
};

export type FieldError = { readonly path: string; readonly message: string };

type Because = { readonly cause?: unknown };

const retrySoon = { 'Retry-After': '1' };

export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly extras: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor({ status, code, title, detail, extras = {}, headers = {}, cause }: Problem) {
    super(detail, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.status = status;
    this.code = code;
    this.title = title;
    this.extras = extras;
    this.headers = headers;
  }
}

export class ValidationFailed extends ProblemError {
  readonly errors: readonly FieldError[];

  constructor(errors: readonly FieldError[]) {
    const detail = 'The request does not have the required shape; see errors.';
    super({ status: 400, code: 'validation-failed', title: 'Validation failed', detail, extras: { errors } });
    this.errors = errors;
  }
}

export class MalformedJson extends ProblemError {
  constructor(detail = 'The body is not JSON in UTF-8.') {
    super({ status: 400, code: 'malformed-json', title: 'Malformed JSON', detail });
  }
}

/** One text for every cause: which check a token failed is for our log, not for whoever forges tokens. */
export class Unauthenticated extends ProblemError {
  constructor(detail = 'A valid bearer token is required.', { cause }: Because = {}) {
    const headers = { 'WWW-Authenticate': 'Bearer' };
    super({ status: 401, code: 'unauthenticated', title: 'Unauthenticated', detail, headers, cause });
  }
}

export class Forbidden extends ProblemError {
  constructor(detail: string) {
    super({ status: 403, code: 'forbidden', title: 'Forbidden', detail });
  }
}

export class NotFound extends ProblemError {
  constructor(detail: string, { headers }: Pick<Problem, 'headers'> = {}) {
    super({ status: 404, code: 'not-found', title: 'Not found', detail, headers });
  }
}

export class MethodNotAllowed extends ProblemError {
  constructor(allow: readonly string[]) {
    const headers = { Allow: allow.join(', ') };
    const detail = `This resource allows ${headers.Allow}.`;
    super({ status: 405, code: 'method-not-allowed', title: 'Method not allowed', detail, headers });
  }
}

export class Conflict extends ProblemError {
  constructor(code: string, detail: string, extras: Readonly<Record<string, unknown>> = {}) {
    super({ status: 409, code, title: 'Conflict', detail, extras });
  }
}

export class IdempotencyKeyReused extends ProblemError {
  constructor() {
    const detail = 'This Idempotency-Key belongs to another request of yours.';
    super({ status: 422, code: 'idempotency-key-reused', title: 'Idempotency key reused', detail });
  }
}

export class IdempotencyKeyInUse extends ProblemError {
  constructor() {
    const detail = 'A request with this Idempotency-Key is being handled at this moment.';
    super({ status: 409, code: 'idempotency-key-in-use', title: 'Conflict', detail, headers: retrySoon });
  }
}

export class PreconditionFailed extends ProblemError {
  constructor(detail: string) {
    super({ status: 412, code: 'precondition-failed', title: 'Precondition failed', detail });
  }
}

export class PayloadTooLarge extends ProblemError {
  constructor(detail: string) {
    super({ status: 413, code: 'payload-too-large', title: 'Payload too large', detail });
  }
}

/** `Retry-After` is set by whoever counts. */
export class TooManyRequests extends ProblemError {
  constructor() {
    const detail = 'Too many requests in this minute; wait as long as Retry-After says.';
    super({ status: 429, code: 'too-many-requests', title: 'Too many requests', detail });
  }
}

export class UnsupportedMediaType extends ProblemError {
  constructor(detail = 'The body must be application/json in UTF-8, not compressed.') {
    super({ status: 415, code: 'unsupported-media-type', title: 'Unsupported media type', detail });
  }
}

/** Nothing was changed; the same request may be sent again. */
export class Unavailable extends ProblemError {
  constructor(detail: string, { cause }: Because = {}) {
    super({ status: 503, code: 'unavailable', title: 'Unavailable', detail, headers: retrySoon, cause });
  }
}

/** It may have taken effect or not (a lost answer to COMMIT); whoever asks must be ready for both. */
export class OutcomeUnknown extends ProblemError {
  constructor(detail: string, { cause }: Because = {}) {
    super({ status: 503, code: 'outcome-unknown', title: 'Outcome unknown', detail, headers: retrySoon, cause });
  }
}
