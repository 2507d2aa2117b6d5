import { createHash } from 'node:crypto';

/**
 * SHA-256 over type, subject, dataschema and data in canonical JSON (keys sorted, RFC 8785 §3.2.3), as received: copies
 * agree whatever the order of keys; time and trace do not count. Throws RangeError for nesting beyond the stack.
 */
export const contentHash = (envelope: Record<string, unknown>): Buffer =>
  createHash('sha256')
    .update(canonical([envelope['type'], envelope['subject'], envelope['dataschema'], envelope['data']]))
    .digest();

const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const members = Object.entries(value)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${members.join(',')}}`;
};
