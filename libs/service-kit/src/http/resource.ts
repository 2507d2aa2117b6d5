import { z } from 'zod';
import type { Actor } from '../actor.ts';
import { id, pageQuery } from '../fields.ts';
import type { Filter, Page, PageRequest } from '../keyset.ts';
import type { ChangeCommand, CreateCommand, Recorded } from '../repository.ts';
import { capitalised } from './problem-catalogue.ts';
import { defineRoute, linkToNext, type Answer, type ProblemCode, type Route } from './route.ts';

type Seen = { readonly row: { readonly id: string; readonly version: number }; readonly askedBy?: Actor };

type Resource<S extends Seen> = {
  /** In the singular; routes are under its plural. */
  readonly noun: string;
  /** Its `example` is the one of the document; `id` is that of the paths. */
  readonly schema: z.ZodType;
  readonly view: (seen: S, actor: Actor) => unknown;
  /** Whether the view may have changed since the row has this version; then it is never 304. */
  readonly mayDiffer?: (seen: S) => boolean;
};

type Texts = { readonly summary: string; readonly description?: string };

type Traced = { readonly traceparent: string | undefined };
type List<Query> = {
  readonly actor: Actor;
  readonly filter: Omit<Filter, 'status'> & Query;
  readonly page: PageRequest;
};

const texts = ({ summary, description }: Texts) => ({ summary, ...(description && { description }) });

const etag = { ETag: 'its version, for `If-Match` and `If-None-Match`' };
const replayed = { 'Idempotent-Replayed': '`true` on a retry: the original response' };

const invalidTransition = {
  status: 409,
  code: 'invalid-transition',
  description: 'its status allows no such transition; with `currentStatus`',
  cure: 'Read it again, and show what is possible now: allowedActions. If it is where you wanted it, it has happened.',
  example: { currentStatus: 'completed' },
};

/** The routes of a resource with versions, own lists and transitions: each is made of its texts and one function. */
export const defineResource = <S extends Seen>({ noun, schema, view, mayDiffer = () => false }: Resource<S>) => {
  const [path, tags, Noun] = [`/${noun}s`, [`${noun}s`], capitalised(noun)];
  const one = { description: `the ${noun}`, schema, headers: etag };
  const example = schema.meta()?.['example'] as { readonly id: string } | undefined;
  const params = z.object({ id: id.meta({ example: example?.id }) });

  /** As this caller sees it, or saw it when they first asked, with its version as ETag. */
  const answer = (seen: S, actor: Actor, headers: Readonly<Record<string, string>> = {}): Answer => ({
    status: 200,
    body: view(seen, seen.askedBy ?? actor),
    headers: { ETag: `"${seen.row.version}"`, ...(seen.askedBy && { 'Idempotent-Replayed': 'true' }), ...headers },
  });

  return {
    create: <B extends z.ZodType>(
      route: Texts & {
        readonly body: B;
        readonly handle: (body: z.output<B>, by: CreateCommand & Traced) => Promise<S>;
      },
    ): Route =>
      defineRoute({
        method: 'post',
        path,
        operationId: `create${Noun}`,
        ...texts(route),
        tags,
        body: route.body,
        responses: {
          201: { ...one, headers: { ...etag, Location: `path of the ${noun}` }, optionalHeaders: replayed },
        },
        problems: ['forbidden'],
        handle: async ({ body, actor, base, idempotencyKey: key, traceparent }) => {
          const made = await route.handle(body, { actor, key, traceparent });
          return { ...answer(made, actor, { Location: `${base}${path}/${made.row.id}` }), status: 201 };
        },
      }),

    list: <Q extends z.ZodRawShape>(
      route: Texts & {
        readonly query: Q;
        readonly handle: (list: List<z.output<z.ZodObject<Q>>>) => Promise<Page<unknown>>;
      },
    ): Route =>
      defineRoute({
        method: 'get',
        path,
        operationId: `list${Noun}s`,
        ...texts(route),
        tags,
        query: z.strictObject({ ...route.query, ...pageQuery }),
        responses: {
          200: {
            description: 'a page',
            optionalHeaders: { Link: 'URL of the next page, `rel="next"`, unless this is the last one' },
            schema: z.object({ items: z.array(schema), nextCursor: z.string().nullable() }).meta({ id: `${Noun}Page` }),
            example: { items: [example], nextCursor: null },
          },
        },
        handle: async ({ query, actor, target }) => {
          const { order, limit, cursor = null, ...filter } = query as typeof query & PageRequest;
          const { items, nextCursor } = await route.handle({
            actor,
            filter: filter as Omit<Filter, 'status'> & z.output<z.ZodObject<Q>>,
            page: { order, limit, cursor },
          });
          return { status: 200, body: { items, nextCursor }, headers: linkToNext(target, nextCursor) };
        },
      }),

    get: <Q extends z.ZodRawShape = Record<never, never>>(
      route: Texts & {
        readonly query?: Q;
        readonly handle: (id: string, actor: Actor, query: z.output<z.ZodObject<Q>>) => Promise<S>;
      },
    ): Route =>
      defineRoute({
        method: 'get',
        path: `${path}/{id}`,
        operationId: `get${Noun}`,
        ...texts(route),
        tags,
        params,
        ...(route.query && { query: z.strictObject(route.query) }),
        responses: { 200: one, 304: { description: 'unchanged since the version in `If-None-Match`', headers: etag } },
        problems: ['not-found', 'forbidden'],
        handle: async ({ params: { id: asked }, actor, query, ifNoneMatch }) => {
          const seen = await route.handle(asked, actor, query);
          const found = answer(seen, actor);
          const isKnown = ifNoneMatch(seen.row.version) && !mayDiffer(seen);
          return isKnown ? { status: 304, headers: found.headers ?? {} } : found;
        },
      }),

    history: (route: {
      readonly statuses: readonly string[];
      readonly example: readonly object[];
      readonly handle: (id: string, actor: Actor) => Promise<readonly Recorded[]>;
    }): Route => {
      const status = z.enum(route.statuses);
      const recorded = z.object({
        from: status.nullable().describe('null of the first'),
        to: status,
        by: z.guid().describe('who: id of a user'),
        at: z.iso.datetime().describe('when the database recorded it: at `updatedAt`, or a moment later'),
      });
      return defineRoute({
        method: 'get',
        path: `${path}/{id}/history`,
        operationId: `get${Noun}History`,
        summary: `Each transition of a ${noun}: from, to, who and when`,
        description: 'All of them, in order. For those who may read it.',
        tags,
        params,
        responses: {
          200: {
            description: 'its audit',
            schema: z.object({ items: z.array(recorded) }).meta({ id: `${Noun}History` }),
            example: { items: route.example },
          },
        },
        problems: ['not-found', 'forbidden'],
        handle: async ({ params: { id: asked }, actor }) => {
          const transitions = await route.handle(asked, actor);
          return { status: 200, body: { items: transitions.map((one) => ({ ...one, at: one.at.toISOString() })) } };
        },
      });
    },

    transition: (
      route: Texts & {
        readonly action: string;
        readonly problems?: readonly ProblemCode[];
        /** In which the example differs afterwards. */
        readonly example?: object;
        /** Of the answer: description in the document, and value. */
        readonly link?: { readonly description: string; readonly of: (done: S) => string };
        readonly handle: (transition: ChangeCommand & Traced) => Promise<S>;
      },
    ): Route =>
      defineRoute({
        method: 'patch',
        path: `${path}/{id}/${route.action}`,
        operationId: `${route.action}${Noun}`,
        ...texts(route),
        tags,
        params,
        responses: {
          200: {
            ...one,
            example: { ...example, ...route.example },
            headers: { ...etag, ...(route.link && { Link: route.link.description }) },
            optionalHeaders: replayed,
          },
        },
        problems: ['not-found', 'forbidden', 'precondition-failed', invalidTransition, ...(route.problems ?? [])],
        handle: async ({ params: { id: asked }, actor, ifMatch, idempotencyKey: key, traceparent }) => {
          const done = await route.handle({ id: asked, actor, key, ifMatch, traceparent });
          return answer(done, actor, route.link && { Link: route.link.of(done) });
        },
      }),
  };
};
