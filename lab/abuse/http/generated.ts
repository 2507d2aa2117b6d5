import { changes, type HttpWorld, type Service } from './http-world.ts';
import { inTurns } from '../part.ts';
import { bodies } from './corpus/bodies.ts';
import fc from 'fast-check';
import { answersAsDocumented, type OpenapiDocument } from '@mentor-sessions/lab/answer-check';
import { id } from '../../../services/bookings/test/legal-writes.ts';

/** Each of these asks what must be refused: it says what it did, and notes what was not. */
export type Attack = (world: HttpWorld) => Promise<string>;

const types = [
  '',
  'text/plain',
  'application/xml',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=a',
  'application/json; charset=utf-16',
  'application/json; charset=latin1',
  'application/vnd.api+json',
  'application/jsonp',
  '*/*',
  'application/json, text/plain',
  'json',

  'application/octet-stream',
  'a'.repeat(4_000),
];
const encodings = ['gzip', 'deflate', 'br', 'zstd', 'compress', 'gzip, gzip', 'identity, gzip', 'x'];

export const malformedBodies: Attack = async (world) => {
  const sample = world.size === 'full' ? bodies : bodies.filter((_, index) => index % 8 === 0);
  for (const { service, method, path, as } of changes) {
    await inTurns(sample, 8, async (body) => {
      const { status } = await world.ask(service, path, { method, as, body, json: true });
      if (status !== 400)
        world.fault(`${method} ${path} with ${Buffer.from(body).toString('latin1', 0, 80)}: ${status}`);
    });
    const asOther = [
      ...types.map((type) => ['content-type', type]),
      ...encodings.map((one) => ['content-type', 'application/json', 'content-encoding', one]),
    ];
    await inTurns(asOther, 8, async (headers) => {
      const { status } = await world.ask(service, path, { method, as, body: '{}', headers });
      const isTaken = method === 'PATCH' ? status < 300 : status < 400;
      if (isTaken || ![400, 415].includes(status))
        world.fault(`${method} ${path} as ${headers.join(' ').slice(0, 60)}: ${status}`);
    });
  }
  return `${sample.length} bodies, ${types.length + encodings.length} types and encodings × ${changes.length} routes`;
};

type Json = Readonly<Record<string, unknown>>;
export type Schema = Json;

const scalars = (): fc.Arbitrary<unknown> =>
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.string({ maxLength: 3_000, minLength: 2_000 }),
  );

/** Any JSON at all. */
const anything = (): fc.Arbitrary<unknown> =>
  fc.oneof(scalars(), fc.jsonValue({ maxDepth: 4 }), fc.array(scalars(), { maxLength: 5 }));

const time = fc
  // times too far ahead and spans too long are among them
  .date({ min: new Date(Date.now()), max: new Date(Date.now() + 1_000 * 86_400_000), noInvalidDate: true })
  .map((date) => date.toISOString());

const text = ({ format, pattern, maxLength = 100, minLength = 0, enum: words }: Json): fc.Arbitrary<unknown> => {
  if (Array.isArray(words)) return fc.constantFrom(...(words as unknown[]));
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time') return time;
  if (typeof pattern === 'string') return fc.oneof(fc.integer({ min: 1, max: 100 }).map(String), fc.uuid(), time);
  return fc.string({ unit: 'grapheme', minLength: Number(minLength), maxLength: Math.min(Number(maxLength), 300) });
};

/** Values that a schema of the document allows, or nearly. */
const valuesOf = (schema: Schema, resolve: (ref: string) => Schema): fc.Arbitrary<unknown> => {
  const { $ref, anyOf, type, properties, required, additionalProperties } = schema;
  if (typeof $ref === 'string') return valuesOf(resolve($ref), resolve);
  if (Array.isArray(anyOf)) return fc.oneof(...anyOf.map((one) => valuesOf(one as Schema, resolve)));
  if (Array.isArray(schema['allOf'])) return valuesOf((schema['allOf'] as Schema[])[0] ?? {}, resolve);
  const kinds = Array.isArray(type) ? (type as string[]) : [type as string];
  const one = (kind: string): fc.Arbitrary<unknown> => {
    if (kind === 'null') return fc.constant(null);
    if (kind === 'boolean') return fc.boolean();
    if (kind === 'integer' || kind === 'number') return fc.integer({ min: 0, max: 200 });
    if (kind === 'array') return fc.array(valuesOf((schema['items'] ?? {}) as Schema, resolve), { maxLength: 3 });
    if (kind !== 'object') return text(schema);
    if (!properties) {
      const values =
        typeof additionalProperties === 'object' ? valuesOf(additionalProperties as Schema, resolve) : anything();
      return fc.dictionary(fc.string({ minLength: 1, maxLength: 40 }), values, { maxKeys: 22 });
    }
    const fields = Object.entries(properties as Record<string, Schema>).map(
      ([name, field]) => [name, mostly(valuesOf(field, resolve))] as const,
    );
    return fc.record(Object.fromEntries(fields), { requiredKeys: required as never });
  };
  return fc.oneof(...kinds.map(one));
};

/** Nearly always that, sometimes anything: one wrong field in a good whole goes deeper than rubbish. */
const mostly = (good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 24, arbitrary: good }, { weight: 1, arbitrary: anything() });

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
const ofService = async (world: HttpWorld, service: Service, openapi: OpenapiDocument): Promise<Set<number>> => {
  const check = answersAsDocumented(openapi);
  const resolve = (ref: string): Schema =>
    ref
      .slice(2)
      .split('/')
      .reduce((node: unknown, name) => (node as Record<string, unknown>)[name], openapi) as Schema;
  const statuses = new Set<number>();
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
      statuses.add(status);
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
  const statuses = [...new Set(seen.flatMap((of) => [...of]))].toSorted((a, b) => a - b);
  return `${runs[world.size]} for each operation, answered with ${statuses.join(', ')}`;
};
