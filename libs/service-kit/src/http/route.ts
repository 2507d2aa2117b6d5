import type { z } from 'zod';
import type { Actor } from '../actor.ts';
import type { IdempotencyKey } from '../idempotency.ts';
import type { IfMatch } from './if-match.ts';

export type RequestOf<P, Q, B> = {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly actor: Actor;
  readonly ifMatch: IfMatch;
  /** Of an unsafe request that carries one. */
  readonly idempotencyKey: IdempotencyKey | undefined;
  /** Path and query as they were asked for. */
  readonly target: string;
  readonly requestId: string;
  /** W3C trace context of the caller, if it sent one that can be read. */
  readonly traceparent: string | undefined;
};

export type Answer = {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** For the document only: what is answered is not checked against it at run time. */
export type ResponseDoc = {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Name → description; these are always there. */
  readonly headers?: Readonly<Record<string, string>>;
  /** And these now and then. */
  readonly optionalHeaders?: Readonly<Record<string, string>>;
};

/** What the document and the problem's own page say of a code. */
export type ProblemDoc = {
  readonly status: number;
  readonly code: string;
  readonly description?: string;
  /** What the caller can do. */
  readonly cure?: string;
};

/** A code that the kit knows, or one of the service's own, a conflict (409) unless its status is given. For the document only; the kernel adds those that it answers itself. */
export type ProblemCode = string | ProblemDoc;

/** A route is data: the same schemas validate and document. Objects are strict: what they do not name is refused. */
export type Route<
  P extends z.ZodObject = z.ZodObject,
  Q extends z.ZodObject = z.ZodObject,
  B extends z.ZodType = z.ZodType,
> = {
  readonly method: 'get' | 'post' | 'patch';
  /** As OpenAPI writes it: `/bookings/{id}/accept`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly params?: P;
  readonly query?: Q;
  /** Without one a POST or PATCH takes no body, or `{}`. */
  readonly body?: B;
  /** Needs no token; `actor` is nobody. */
  readonly isPublic?: boolean;
  readonly responses: Readonly<Record<number, ResponseDoc>>;
  readonly problems?: readonly ProblemCode[];
  handle(request: RequestOf<z.output<P>, z.output<Q>, z.output<B>>): Promise<Answer>;
};

type Nothing = z.ZodObject<Record<never, never>>;

/** Infers what `handle` gets from the schemas beside it. */
export const defineRoute = <
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodType = z.ZodUndefined,
>(
  route: Route<P, Q, B>,
): Route => route;
