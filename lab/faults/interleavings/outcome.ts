import { ProblemError } from '@mentor-sessions/service-kit/errors';

/** Names for the ids of one race, so that outcomes of races on different rows can be compared. */
export type Names = Readonly<Record<string, string>>;

const uuids = /\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;
const time = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:?\d\d)$/;

/** Replaces ids by names, and removes times. */
export const named = (value: unknown, names: Names): unknown => {
  const byId = new Map(Object.entries(names).map(([name, id]) => [id, `<${name}>`]));
  const rename = (inner: unknown): unknown => {
    if (inner instanceof Date) return '<time>';
    if (Array.isArray(inner)) return inner.map(rename);
    if (typeof inner === 'object' && inner !== null)
      return Object.fromEntries(Object.entries(inner).map(([key, member]) => [key, rename(member)]));
    if (typeof inner !== 'string') return inner;
    return time.test(inner) ? '<time>' : inner.replace(uuids, (id) => byId.get(id) ?? '<some id>');
  };
  return rename(value);
};

export type Answer = { readonly said: string; readonly value?: unknown };

/** `ok` with the result, or the error as a client sees it. */
export const answerOf = (ending: Promise<unknown>): Promise<Answer> =>
  ending.then(
    (value) => ({ said: 'ok', value }),
    (error: unknown) => ({ said: wordsOf(error) }),
  );

const wordsOf = (error: unknown): string => {
  if (error instanceof ProblemError) {
    const { currentStatus } = error.extras;
    return [error.status, error.code, ...(typeof currentStatus === 'string' ? [currentStatus] : [])].join(' ');
  }
  const { code, constraint, message } = error as Error & { code?: string; constraint?: string };
  return [`failed:`, code ?? message, constraint].filter(Boolean).join(' ');
};
