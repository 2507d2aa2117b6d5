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
  /** Whether the caller has seen this version. */
  readonly ifNoneMatch: IfMatch;
  /** Of a POST or PATCH that carries one. */
  readonly idempotencyKey: IdempotencyKey | undefined;
  /** Path of PUBLIC_URL, for links to this service. */
  readonly base: string;
  /** Path and query as the caller sent them, with `base`. */
  readonly target: string;
  /** W3C trace context for what the request causes. */
  readonly traceparent: string | undefined;
};

export type Answer = {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
};

/** For the document only: responses are not checked against it at run time. */
export type ResponseDoc = {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Instead of the schema's own. */
  readonly example?: unknown;
  /** Name → description; always sent. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sometimes sent. */
  readonly optionalHeaders?: Readonly<Record<string, string>>;
};

/** What the OpenAPI document and the problem's page say about a code. */
export type ProblemDoc = {
  readonly status: number;
  readonly code: string;
  readonly description?: string;
  /** What the caller can do. */
  readonly cure?: string;
  /** Members of an example document, where they cannot be guessed from the code and its description. */
  readonly example?: object;
};

/** A code of the kit, or one of the service's own: a conflict (409) unless its status is given. Codes that the kit answers by itself are added. */
export type ProblemCode = string | ProblemDoc;

/** A route is data: the same schemas validate and document. Unknown names are rejected. */
export type Route<
  P extends z.ZodObject = z.ZodObject,
  Q extends z.ZodObject = z.ZodObject,
  B extends z.ZodType = z.ZodType,
> = {
  readonly method: 'get' | 'post' | 'patch';
  /** As OpenAPI writes it: `/things/{id}/start`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly params?: P;
  readonly query?: Q;
  /** Without a schema, a POST or PATCH takes no body, or `{}`. */
  readonly body?: B;
  /** Needs no token; `actor` is empty. */
  readonly isPublic?: boolean;
  readonly responses: Readonly<Record<number, ResponseDoc>>;
  readonly problems?: readonly ProblemCode[];
  handle(request: RequestOf<z.output<P>, z.output<Q>, z.output<B>>): Promise<Answer>;
};

type Nothing = z.ZodObject<Record<never, never>>;

/** Infers the argument of `handle` from the schemas beside it. */
export const defineRoute = <
  P extends z.ZodObject = Nothing,
  Q extends z.ZodObject = Nothing,
  B extends z.ZodType = z.ZodUndefined,
>(
  route: Route<P, Q, B>,
): Route => route;

/**
 * `Link: <…>; rel="next"` (RFC 8288): the same request with the cursor of the next page. No header on the last page.
 */
export const linkToNext = (target: string, nextCursor: string | null): Readonly<Record<string, string>> => {
  if (nextCursor === null) return {};
  const [path, search] = target.split('?', 2);
  const parameters = new URLSearchParams(search);
  parameters.set('cursor', nextCursor);
  return { Link: `<${path}?${parameters.toString()}>; rel="next"` };
};
