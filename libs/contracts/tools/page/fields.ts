import { escape, prose, table } from './html.ts';

type Schema = { readonly [keyword: string]: unknown };

const isoTime = 'UTC in milliseconds, `2026-01-31T09:30:00.000Z`';
const formats: Record<string, string> = { uuid: 'lower-case UUID', 'date-time': isoTime };

const typeOf = ({ const: constant, format, type, additionalProperties: values }: Schema): string => {
  if (constant !== undefined) return `\`${JSON.stringify(constant)}\``;
  if (typeof format === 'string' && formats[format]) return formats[format];
  if (typeof values === 'object') return 'object of strings';
  return Array.isArray(type) ? type.join(' or ') : typeof type === 'string' ? type : 'any JSON';
};

/** The fields of a schema as a table. */
export const fields = (schema: Schema): string => {
  const required = new Set(schema['required'] as string[]);
  const properties = Object.entries(schema['properties'] as Record<string, Schema>);
  const row = ([name, field]: [string, Schema]): string[] => [
    `<code>${escape(name)}</code>`,
    prose(typeOf(field)),
    required.has(name) ? 'always' : 'optional',
    prose(typeof field['description'] === 'string' ? field['description'] : ''),
  ];
  return table(['field', 'type', 'present', 'meaning'], properties.map(row));
};
