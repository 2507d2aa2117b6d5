import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { OpenapiDocument } from './answer-check.ts';

type Node = Readonly<Record<string, unknown>>;

/** `PATCH /bookings/{id}/accept 200 400 …`, sorted. */
export const operationsOf = ({ paths }: OpenapiDocument): string[] =>
  Object.entries(paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { responses }]) =>
        [method.toUpperCase(), path, ...Object.keys(responses).toSorted()].join(' '),
      ),
    )
    .toSorted();

/** Faults of a document beyond its structure: dangling references, invalid schemas, examples that violate their schema. */
export const faultsOf = (document: OpenapiDocument): string[] => {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addSchema(document, 'api');
  const nodes = [...nodesOf(document, '')];
  const faults = nodes.flatMap(([pointer, node]) => [
    ...schemaFaults(ajv, pointer),
    ...('example' in node ? exampleFaults(ajv, pointer, node['example']) : []),
  ]);
  const ids = nodes.flatMap(([, { operationId }]) => (typeof operationId === 'string' ? [operationId] : []));
  const parameters = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.values(methods).filter((operation) => namesIn(path) !== declaredIn(operation as unknown as Node)),
  );
  if (new Set(ids).size < ids.length || ids.length === 0) faults.push('operation ids are not unique');
  if (parameters.length > 0) faults.push('path parameters and paths do not agree');
  return faults;
};

function* nodesOf(value: unknown, pointer: string): Generator<[string, Node]> {
  if (typeof value !== 'object' || value === null) return;
  yield [pointer, value as Node];
  for (const [name, child] of Object.entries(value))
    yield* nodesOf(child, `${pointer}/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`);
}

// Where schemas are: in components, and in parameters, headers and contents.
const isSchema = (pointer: string): boolean =>
  /^\/components\/schemas\/[^/]+(\/|$)|\/schema(\/|$)/.test(pointer) &&
  !/\/(properties|required|enum|example|default|allOf|anyOf|type)$/.test(pointer);

const schemaFaults = (ajv: Ajv2020, pointer: string): string[] => {
  if (!isSchema(pointer) || /\/(example|default)(\/|$)/.test(pointer)) return [];
  try {
    return ajv.getSchema(`api#${pointer}`) ? [] : [`${pointer}: no schema`];
  } catch (error) {
    return [`${pointer}: ${String(error)}`];
  }
};

const exampleFaults = (ajv: Ajv2020, pointer: string, example: unknown): string[] => {
  if (!isSchema(pointer)) return [];
  const validate = ajv.getSchema(`api#${pointer}`);
  return validate?.(example)
    ? []
    : [`${pointer}: example ${JSON.stringify(example)} ${ajv.errorsText(validate?.errors)}`];
};

const namesIn = (path: string): string =>
  [...path.matchAll(/\{(\w+)\}/g)]
    .map(([, name]) => name)
    .toSorted()
    .join();

const declaredIn = ({ parameters = [] }: Node): string =>
  (parameters as Node[])
    .filter((parameter) => parameter['in'] === 'path' && parameter['required'] === true)
    .map(({ name }) => name)
    .toSorted()
    .join();
