/**
 * The one text of a JSON value (RFC 8785: members sorted by UTF-16 code units, numbers as ECMAScript writes them), so that
 * equal values have equal hashes whatever the order of their keys. Throws RangeError for nesting beyond the stack.
 */
export const canonicalJson = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
};
