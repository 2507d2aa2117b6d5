// Every error that a client may see has a stable code and a status. Use cases throw; one middleware answers.

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

type Further = Because & {
  /** Further members of the problem document (RFC 9457 §3.2), such as `currentStatus`. */
  readonly extras?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
};

export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly extras: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, detail: string, { extras = {}, headers = {}, cause }: Further = {}) {
    super(detail, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.status = status;
    this.code = code;
    this.extras = extras;
    this.headers = headers;
  }
}

export class ValidationFailed extends ProblemError {
  constructor(errors: readonly FieldError[]) {
    super(400, 'validation-failed', 'The request is not valid; see errors.', { extras: { errors } });
  }
}

/** The same text for every cause: which check a token failed is for the log, not for the caller. `isRefused`: there was a token. */
export class Unauthenticated extends ProblemError {
  constructor({ isRefused = false, cause }: Because & { readonly isRefused?: boolean } = {}) {
    const headers = { 'WWW-Authenticate': isRefused ? 'Bearer error="invalid_token"' : 'Bearer' };
    super(401, 'unauthenticated', 'A valid bearer token is required.', { headers, cause });
  }
}

export class Forbidden extends ProblemError {
  constructor(detail: string) {
    super(403, 'forbidden', detail);
  }
}

export class NotFound extends ProblemError {
  constructor(detail: string, further: Pick<Further, 'headers'> = {}) {
    super(404, 'not-found', detail, further);
  }
}

export class Conflict extends ProblemError {
  constructor(code: string, detail: string, extras: Readonly<Record<string, unknown>> = {}) {
    super(409, code, detail, { extras });
  }
}

/** Nothing was changed; the request may be retried. */
export class Unavailable extends ProblemError {
  constructor(
    detail: string,
    { cause, retryAfterSeconds = 1 }: Because & { readonly retryAfterSeconds?: number } = {},
  ) {
    super(503, 'unavailable', detail, { headers: { 'Retry-After': String(retryAfterSeconds) }, cause });
  }
}

/** A token's key is unknown, and the issuer was asked for its keys too recently to ask again. */
export class KeyUnknownYet extends Unavailable {}

/** It may or may not have taken effect, for instance because the response to COMMIT was lost. */
export class OutcomeUnknown extends ProblemError {
  constructor(detail: string, { cause }: Because = {}) {
    super(503, 'outcome-unknown', detail, { headers: { 'Retry-After': '1' }, cause });
  }
}
