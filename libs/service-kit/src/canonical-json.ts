/**
 * Canonical JSON (RFC 8785: members sorted by UTF-16 code units, numbers as in ECMAScript), so that equal values have equal
 * hashes whatever the order of their keys. Throws RangeError for nesting beyond the stack.
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

// no quote, backslash, control character or lone surrogate
const unescaped = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

/** Several times faster than JSON.stringify where nothing has to be escaped. */
const quoted = (text: string): string => (unescaped.test(text) ? `"${text}"` : JSON.stringify(text));
