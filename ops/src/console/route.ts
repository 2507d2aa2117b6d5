import { z } from 'zod';
import { text } from '@mentor-sessions/service-kit/fields';
import { defineRoute, type Route } from '@mentor-sessions/service-kit/http';
import type { Action } from '../connections.ts';

const because = text({ min: 1, max: 500 }).describe('the reason; recorded permanently with who acted');

/** A number in a query. */
export const whole = z
  .string()
  .regex(/^[1-9]\d{0,14}$/, 'must be a whole number of at least 1')
  .transform(Number);

const responses = { 200: { description: 'done' } };
const operationId = (method: string, path: string): string =>
  method + path.replaceAll(/\W+(\w)/g, (_, first: string) => first.toUpperCase()).replaceAll(/\W/g, '');

type Doc = { readonly summary: string; readonly problems?: readonly string[] };

/** Answers a GET with what `read` returns. */
export const reading = <P extends z.ZodRawShape, Q extends z.ZodRawShape>(
  path: string,
  { summary, problems = [], params, query }: Doc & { readonly params?: P; readonly query?: Q },
  read: (given: {
    readonly params: z.output<z.ZodObject<P>>;
    readonly query: z.output<z.ZodObject<Q>>;
    readonly operator: string;
  }) => Promise<object>,
): Route =>
  defineRoute({
    method: 'get',
    path,
    operationId: operationId('get', path),
    summary,
    params: z.object(params ?? ({} as P)),
    query: z.strictObject(query ?? ({} as Q)),
    responses,
    problems: ['forbidden', ...problems],
    handle: async ({ params, query, actor }) => ({
      status: 200,
      body: await read({ params, query, operator: actor.userId }),
    }),
  });

/** Answers a POST with what `act` returns. Its body has the reason beside `body`. */
export const acting = <B extends z.ZodRawShape>(
  path: string,
  { summary, problems = [], body }: Doc & { readonly body: B },
  act: (given: z.output<z.ZodObject<B>>, action: Action) => Promise<object>,
): Route =>
  defineRoute({
    method: 'post',
    path,
    operationId: operationId('post', path),
    summary,
    body: z.strictObject({ ...body, because }),
    responses,
    problems: ['forbidden', ...problems],
    handle: async ({ body, actor }) => {
      const { because: reason, ...given } = body as { readonly because: string };
      return { status: 200, body: await act(given as z.output<z.ZodObject<B>>, { operator: actor.userId, reason }) };
    },
  });
