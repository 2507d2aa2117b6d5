const MAX_ISSUES = 20;

type Issue = { readonly path?: readonly unknown[]; readonly message: string };
type MaybeOfSchema = { readonly message: string; readonly issues?: unknown };

/** What is wrong with which field, as `end: must be after start`, if a schema threw it; otherwise the error's message. */
export const readableMessage = (error: MaybeOfSchema): string => {
  if (!isOfSchema(error)) return error.message;
  const lines = error.issues
    .slice(0, MAX_ISSUES)
    .map(({ path = [], message }) => [path.map(String).join('.'), message].filter(Boolean).join(': '));
  const more = error.issues.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
};

/** As `String(error)`, but readable if a schema threw it. */
export const readableError = (error: unknown): string =>
  isOfSchema(error) ? `the schema refuses a value: ${readableMessage(error)}` : String(error);

const isOfSchema = (error: unknown): error is { readonly message: string; readonly issues: readonly Issue[] } =>
  error instanceof Object && 'issues' in error && Array.isArray(error.issues) && error.issues.length > 0;

/** Of an error of a schema that was stored before these were readable, as JSON, perhaps cut off. Other texts stay as they are. */
export const readableStored = (text: string): string => {
  const [, before = '', json] = /^([\w-]+: )?(\[\s*\{.*)/s.exec(text) ?? [];
  if (json === undefined) return text;
  try {
    const issues = JSON.parse(`${json.slice(0, json.lastIndexOf('\n  }'))}}]`) as unknown;
    return before + readableMessage({ message: text, issues });
  } catch {
    return `${before}the schema refuses a value`;
  }
};
