/**
 * The one text of a JSON value (RFC 8785: members sorted by UTF-16 code units, numbers as ECMAScript writes them), so that
 * equal values have equal hashes whatever the order of their keys. Throws RangeError for nesting beyond the stack.
 */
export const canonicalJson = (value: unknown): string => {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const object = value as Readonly<Record<string, unknown>>;
  let members = '';
  for (const key of Object.keys(object).sort())
    // the default order is that of UTF-16 code units
    members += `${members && ','}${quoted(key)}:${canonicalJson(object[key])}`;
  return `{${members}}`;
};

// neither quote, backslash, control character nor half of a pair
const unescaped = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

/** JSON.stringify of a string, which costs several times as much where nothing is to be escaped. */
const quoted = (text: string): string => (unescaped.test(text) ? `"${text}"` : JSON.stringify(text));
