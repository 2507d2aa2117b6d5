import fc from 'fast-check';
import { answersAsDocumented } from '@mentor-sessions/lab/answer-check';
import type { OpenapiDocument } from '@mentor-sessions/lab/answer-check';
import { id } from '../../../services/bookings/test/legal-writes.ts';
import { anything, mostly, valuesOf } from './arbitrary.ts';
import type { Schema } from './arbitrary.ts';
import type { Attack } from './attack.ts';
import type { HttpWorld, Service } from './http-world.ts';

type Parameter = { readonly name: string; readonly in: string; readonly required?: boolean; readonly schema: Schema };
type Operation = {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
};
type Asked = {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly as: 'mentor' | 'mentee';
};

const runs = { full: 1_000, small: 60 };
const known = [1, 2, 3, 4].map(id);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));

const requestsOf = (operation: Operation, resolve: (ref: string) => Schema): fc.Arbitrary<Asked> => {
  const given = (operation.parameters ?? []).map((parameter): [string, fc.Arbitrary<unknown>] => {
    const values = mostly(valuesOf(parameter.schema, resolve));
    if (parameter.in === 'path') return [parameter.name, fc.oneof(fc.constantFrom(...known), values)];
    return [
      parameter.name,
      fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: values }),
    ];
  });
  const schema = operation.requestBody?.content['application/json']?.schema;
  const body = schema
    ? mostly(valuesOf(schema, resolve))
    : fc.oneof(fc.constant(undefined), fc.constant({}), anything());
  return fc.record({
    parameters: fc.record(Object.fromEntries(given)),
    body,
    as: fc.constantFrom('mentor', 'mentee'),
  });
};

const pathOf = (template: string, operation: Operation, given: Asked['parameters']): string => {
  const path = template.replaceAll(
    /\{(\w+)\}/g,
    (_, name: string) => encodeURIComponent(textOf(given[name]).toWellFormed()) || 'x',
  );
  const query = (operation.parameters ?? [])
    .filter(({ name, in: place }) => place === 'query' && given[name] !== undefined)
    .map(({ name }) => `${name}=${encodeURIComponent(textOf(given[name]).toWellFormed())}`);
  return query.length > 0 ? `${path}?${query.join('&')}` : path;
};

/** Every operation of a document, `runs` requests each: made of its schemas, with something wrong now and then. A failure is shrunk. */
const ofService = async (
  world: HttpWorld,
  service: Service,
  openapi: OpenapiDocument,
): Promise<Record<string, number>> => {
  const check = answersAsDocumented(openapi);
  const resolve = (ref: string): Schema =>
    ref
      .slice(2)
      .split('/')
      .reduce((node: unknown, name) => (node as Record<string, unknown>)[name], openapi) as Schema;
  const statuses: Record<string, number> = {};
  const operations = Object.entries(openapi.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      path,
      method: method.toUpperCase(),
      operation: operation as Operation,
    })),
  );
  for (const { path: template, method, operation } of operations) {
    const property = fc.asyncProperty(requestsOf(operation, resolve), async ({ parameters, body, as }) => {
      const path = pathOf(template, operation, parameters);
      const text = method === 'GET' ? undefined : body === undefined ? undefined : JSON.stringify(body);
      const {
        status,
        headers,
        text: answered,
      } = await world.ask(service, path, { method, as, body: text, json: text !== undefined });
      const isJson = /json/.test(String(headers['content-type']));
      statuses[status] = (statuses[status] ?? 0) + 1;
      check({
        method: method as 'GET',
        path,
        status,
        headers: new Headers(headers as Record<string, string>),
        text: answered,
        body: isJson ? JSON.parse(answered) : undefined,
        outcome: '',
      });
    });
    const { failed, counterexample, errorInstance } = await fc.check(property, { numRuns: runs[world.size] });
    if (failed)
      world.fault(
        `${method} ${template}: ${String(errorInstance).slice(0, 400)} for ${JSON.stringify(counterexample).slice(0, 300)}`,
      );
  }
  return statuses;
};

export const generated: Attack = async (world) => {
  // read before any of them is compiled: that keeps this process from hearing the next answer in time
  const documents = await Promise.all(
    (['bookings', 'sessions'] as const).map(async (service) => {
      const { text } = await world.ask(service, '/openapi.json', {});
      return { service, openapi: JSON.parse(text) as OpenapiDocument };
    }),
  );
  const seen = await Promise.all(documents.map(({ service, openapi }) => ofService(world, service, openapi)));
  const told = seen.flatMap((statuses) => Object.entries(statuses));
  const sums = Map.groupBy(told, ([status]) => status);
  const counts = [...sums]
    .map(([status, entries]) => `${status} × ${entries.reduce((sum, [, count]) => sum + count, 0)}`)
    .toSorted();
  return `${runs[world.size]} for each operation: ${counts.join(', ')}`;
};
