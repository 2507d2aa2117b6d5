type Schema = Record<string, unknown>;
type Where = { readonly what: string; readonly path: string };

/** Words that say something to people and nothing to a validator. */
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
const same = (a: unknown, b: unknown): boolean => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : isObject(value)
      ? Object.fromEntries(
          Object.keys(value)
            .toSorted()
            .map((key) => [key, sorted(value[key])]),
        )
      : value;

const cure = (what: string): string => {
  const [, type = what, version = ''] = /^(?:urn:[^:]+:)?(.+):(\d+)$/.exec(what) ?? [];
  return (
    `Leave version ${version || 'as it is'} of ${type} as it was published and define ` +
    `a new version beside the old one (CONTRIBUTING, "An event"): consumers hold the published schema.`
  );
};

const sentence = ({ what, path }: Where, problem: string): string =>
  `${what}, ${path === '' ? 'the data itself' : `field ${path}`}: ${problem} ${cure(what)}`;

const deeper = ({ what, path }: Where, name: string): Where => ({ what, path: path ? `${path}.${name}` : name });

/** Keywords of one level that decide what is valid, without those that are compared by themselves. */
const restrictions = (schema: Schema): string[] =>
  Object.keys(schema).filter((key) => !annotations.has(key) && key !== 'properties' && key !== 'required');

const changedRestrictions = (published: Schema, now: Schema, where: Where): string[] =>
  [...new Set([...restrictions(published), ...restrictions(now)])]
    .filter((key) => !same(stripped(published[key]), stripped(now[key])))
    .map((key) => {
      const [before, after] = [JSON.stringify(published[key]), JSON.stringify(now[key])];
      if (before === undefined)
        return sentence(where, `narrowed by ${key} ${after}: messages already sent may break it.`);
      if (after === undefined)
        return sentence(where, `widened, ${key} ${before} is gone: readers of today may refuse it.`);
      return sentence(where, `${key} was ${before} and is ${after}: narrowed, widened or both.`);
    });

// nested schemas without fields of their own, such as those of metadata's values, may change their descriptions
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
 * What keeps `now` from being the same version as `published`, each as a sentence that says what to do instead. Messages
 * that were sent must still be read, and readers of the published schema must read what is sent from now on: what may come
 * is a field that nobody has to send.
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
    ...removed.map((name) => sentence(deeper(where, name), 'removed: readers of today count on it.')),
    ...requiredBefore
      .filter((name) => kept.includes(name) && !requiredNow.includes(name))
      .map((name) => sentence(deeper(where, name), 'no longer required: readers of today count on it.')),
    ...requiredNow
      .filter((name) => !requiredBefore.includes(name))
      .map((name) => sentence(deeper(where, name), 'newly required: messages already sent do not have it.')),
    ...kept.flatMap((name) =>
      incompatibilities(schemaOf(fieldsBefore[name]), schemaOf(fieldsNow[name]), deeper(where, name)),
    ),
  ];
};
