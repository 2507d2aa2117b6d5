import { isDeepStrictEqual } from 'node:util';

type Schema = Record<string, unknown>;
type Where = { readonly what: string; readonly path: string };

/** Keywords that validators ignore. */
const annotations = new Set([
  '$id',
  '$schema',
  'title',
  'description',
  'examples',
  'default',
  '$comment',
  'deprecated',
]);

const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const schemaOf = (value: unknown): Schema => (isObject(value) ? value : {});
const namesIn = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);
const fix = (what: string): string => {
  const [, type = what, version = ''] = /^(?:urn:[^:]+:)?(.+):(\d+)$/.exec(what) ?? [];
  return (
    `Leave ${version ? `version ${version} of ` : ''}${type} as it was published and define ` +
    `a new version beside it (CONTRIBUTING, "Add an event"): consumers have the published schema.`
  );
};

const sentence = ({ what, path }: Where, problem: string): string =>
  `${what}, ${path === '' ? 'data' : `field ${path}`}: ${problem} ${fix(what)}`;

const deeper = ({ what, path }: Where, name: string): Where => ({ what, path: path ? `${path}.${name}` : name });

/** Keywords of one level that restrict values, except those compared separately. */
const restrictions = (schema: Schema): string[] =>
  Object.keys(schema).filter((key) => !annotations.has(key) && key !== 'properties' && key !== 'required');

const changedRestrictions = (published: Schema, now: Schema, where: Where): string[] =>
  [...new Set([...restrictions(published), ...restrictions(now)])]
    .filter((key) => !isDeepStrictEqual(stripped(published[key]), stripped(now[key])))
    .map((key) => {
      const [before, after] = [JSON.stringify(published[key]), JSON.stringify(now[key])];
      if (before === undefined)
        return sentence(where, `narrowed by ${key} ${after}: messages already sent may violate it.`);
      if (after === undefined)
        return sentence(where, `widened, ${key} ${before} was removed: existing consumers may reject new messages.`);
      return sentence(where, `${key} was ${before} and is ${after}: narrowed, widened or both.`);
    });

// descriptions of nested schemas without fields, such as metadata's values, may change
const stripped = (value: unknown): unknown =>
  isObject(value)
    ? Object.fromEntries(
        Object.entries(value)
          .filter(([key]) => !annotations.has(key))
          .map(([key, inner]) => [key, stripped(inner)]),
      )
    : Array.isArray(value)
      ? value.map(stripped)
      : value;

/**
 * Why `now` cannot be the same version as `published`, one sentence per problem, with the fix. New code must read old
 * messages, and existing consumers must read new ones, so only optional fields may be added.
 */
export const incompatibilities = (
  published: Schema,
  now: Schema,
  where: Where = { what: String(published['$id']), path: '' },
): string[] => {
  const [fieldsBefore, fieldsNow] = [schemaOf(published['properties']), schemaOf(now['properties'])];
  const [requiredBefore, requiredNow] = [namesIn(published['required']), namesIn(now['required'])];
  const removed = Object.keys(fieldsBefore).filter((name) => !(name in fieldsNow));
  const kept = Object.keys(fieldsBefore).filter((name) => name in fieldsNow);
  return [
    ...changedRestrictions(published, now, where),
    ...removed.map((name) => sentence(deeper(where, name), 'removed: existing consumers need it.')),
    ...requiredBefore
      .filter((name) => kept.includes(name) && !requiredNow.includes(name))
      .map((name) => sentence(deeper(where, name), 'no longer required: existing consumers need it.')),
    ...requiredNow
      .filter((name) => !requiredBefore.includes(name))
      .map((name) => sentence(deeper(where, name), 'newly required: messages already sent do not have it.')),
    ...kept.flatMap((name) =>
      incompatibilities(schemaOf(fieldsBefore[name]), schemaOf(fieldsNow[name]), deeper(where, name)),
    ),
  ];
};
