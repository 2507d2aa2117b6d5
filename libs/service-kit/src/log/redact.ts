/** What this system holds that no log may show. */
export const privateNames = [
  'authorization',
  'cookie',
  'token',
  'accessToken',
  'password',
  'secret',
  'notes',
  'metadata',
  'email',
] as const;

export const BLOT = '[redacted]';

// Compared without case, hyphens and underscores.
const privateKeys = new Set([...privateNames, 'setCookie'].map((key) => key.toLowerCase()));
const DEPTH = 8;

type Fields = Record<string, unknown>;

/** A copy of the fields with private ones blotted out at any depth; errors become plain objects that hold no row's values. */
export const redactFields = (fields: Fields): Fields => redactEntries(fields, DEPTH);

const redactEntries = (fields: object, depth: number): Fields =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, isPrivate(key) ? BLOT : redact(value, depth)]));

const isPrivate = (key: string): boolean => privateKeys.has(key.replaceAll(/[-_]/g, '').toLowerCase());

const redact = (value: unknown, depth: number): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '…';
  if (value instanceof Error) return describeError(value, depth - 1);
  if (Array.isArray(value)) return value.map((item) => redact(item, depth - 1));
  if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`;
  return 'toJSON' in value ? value : redactEntries(value, depth - 1);
};

// Not all that an error carries: PostgreSQL's `detail` and `where` quote whole rows, notes included.
const errorFields = [
  'code',
  'status',
  'errno',
  'syscall',
  'severity',
  'schema',
  'table',
  'column',
  'constraint',
  'routine',
];

const describeError = (error: Error, depth: number): Fields => {
  const described: Fields = { type: error.name, message: error.message, stack: error.stack };
  for (const key of errorFields) if (key in error) described[key] = (error as unknown as Fields)[key];
  if (error.cause !== undefined) described['cause'] = redact(error.cause, depth);
  if (error instanceof AggregateError) described['errors'] = redact(error.errors, depth);
  return described;
};

// Greedy up to the last @: a password may hold an unescaped one; too much blotted out is no harm.
const credentialsInUrl = /:\/\/(?:[^\s"\\]|\\[^nrt])*@/g;
const jwt = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/** The written line without the credentials of URLs and without tokens, whichever field or message they stand in. */
export const redactText = (line: string): string => line.replace(credentialsInUrl, `://${BLOT}@`).replace(jwt, BLOT);
