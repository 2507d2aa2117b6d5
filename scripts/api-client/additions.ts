type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';

/** Says nothing that programs rely on. */
const annotations = new Set(['description', 'summary', 'example', 'examples', 'default', 'tags', 'info', 'servers']);
/** Their members have names of ours, which are no keywords. */
const maps = new Set(['paths', 'properties', 'headers', 'responses', 'content']);
/** What an operation without these takes. */
const nothing = { parameters: [], requestBody: {} };
const restrictions = /^(min|max)|^(enum|const|pattern|format|required|type|anyOf)$/;

/**
 * What in `now` is more than an addition to `before`, two OpenAPI documents: requests that were valid must stay valid, and
 * answers must keep what clients read. An enumeration may grow.
 */
export const breakingChanges = (before: Json, now: Json): string[] => {
  const resolved = (root: Json, value: unknown): unknown =>
    isObject(value) && isText(value['$ref'])
      ? value['$ref']
          .split('/')
          .slice(1)
          .reduce<unknown>((place, name) => (place as Json)[name], root)
      : value;

  const compare = (old: unknown, fresh: unknown, where: string, isRequest: boolean): string[] => {
    const [a, b] = [resolved(before, old), resolved(now, fresh)];
    if (Array.isArray(a) && Array.isArray(b)) return lists(a, b, where, isRequest);
    if (isObject(a) && isObject(b)) return objects(a, b, where, isRequest);
    const grew = typeof a === 'number' && typeof b === 'number' && (/\.min\w*$/.test(where) ? b < a : b > a);
    const isLooser = grew || (b === false && where.endsWith('.required'));
    return a === b || (isRequest && isLooser) ? [] : [`${where}: was ${JSON.stringify(a)} and is ${JSON.stringify(b)}`];
  };

  const objects = (a: Json, b: Json, where: string, isRequest: boolean): string[] => {
    const isMap = maps.has(where.slice(where.lastIndexOf('.') + 1));
    const narrowed = Object.keys(b).filter(
      (key) => isRequest && !isMap && !(key in a) && restrictions.test(key) && b[key] !== false,
    );
    const kept = Object.entries(a).filter(([key]) => isMap || !annotations.has(key));
    const newInputs = Object.entries(nothing).filter(([key]) => !isMap && key in b && !(key in a));
    return [
      ...narrowed.map((key) => `${where}: narrowed by ${key}`),
      ...newInputs.flatMap(([key, none]) => compare(none, b[key], `${where}.${key}`, true)),
      ...kept.flatMap(([key, value]) => {
        const goesIn = isRequest || (!isMap && key in nothing);
        if (key in b) return compare(value, b[key], `${where}.${key}`, goesIn);
        return isRequest && !isMap && restrictions.test(key) ? [] : [`${where}.${key}: removed`];
      }),
    ];
  };

  const lists = (a: unknown[], b: unknown[], where: string, isRequest: boolean): string[] => {
    if (a.every(isText) && b.every(isText)) {
      const fewer = isRequest && where.endsWith('.required') ? [b, a] : [a, b];
      return fewer[0]!.filter((one) => !fewer[1]!.includes(one)).map((one) => `${where}: ${one}`);
    }
    if (where.endsWith('.parameters')) {
      const named = (root: Json, list: unknown[]): Json =>
        Object.fromEntries(
          list
            .map((one) => resolved(root, one) as Json)
            .map((one) => [`${String(one['in'])} ${String(one['name'])}`, one]),
        );
      const [old, fresh] = [named(before, a), named(now, b)];
      const isNew = Object.entries(fresh).filter(([name, one]) => !(name in old) && (one as Json)['required']);
      return [
        ...isNew.map(([name]) => `${where}.${name}: newly required`),
        ...objects(old, fresh, `${where}.properties`, isRequest),
      ];
    }
    const same = isRequest ? b.length >= a.length : b.length === a.length;
    return same
      ? a.flatMap((one, at) => compare(one, b[at], `${where}.${at}`, isRequest))
      : [`${where}: had ${a.length} variants and has ${b.length}`];
  };

  return compare(before['paths'], now['paths'], 'paths', false);
};
