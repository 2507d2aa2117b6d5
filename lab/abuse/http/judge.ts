import type { Heard } from '@mentor-sessions/lab/send';

export type Asked = { readonly method: string; readonly path: string };

/** What no response may contain: stack traces, SQL, names of drivers, our paths and settings. */
export const inside =
  /\bat (?:\w|<)[^"]*:\d+:\d+|node_modules|\.ts\b|\/services\/|\/libs\/|\bselect .* from |insert into|pg_|postgres|rabbit|amqp|ECONN|SQLSTATE|zod|express|syntax error at|duplicate key|violates|Cannot read|is not a function|undefined \(reading/i;
const SLOWEST_MS = 2_000;

const promisedHeaders = { 'x-content-type-options': 'nosniff', 'cache-control': 'no-store' } as const;

// `instance` is the caller's path, and validation errors name the caller's keys.
const oursIn = (text: string): string => {
  try {
    const {
      instance: _1,
      requestId: _2,
      errors = [],
      ...rest
    } = JSON.parse(text) as { errors?: { message: string }[] } & Record<string, unknown>;
    return JSON.stringify([rest, errors.map(({ message }) => message)]);
  } catch {
    return text;
  }
};

/** The faults of a response to any request. */
export const judge = ({ method, path }: Asked, { status, headers, text, ms }: Heard): string[] => {
  const faults: string[] = [];
  const where = `${method} ${path.slice(0, 120)} → ${status}`;
  if (status >= 500) faults.push(`${where} ${text.slice(0, 200)}`);
  if (ms > SLOWEST_MS) faults.push(`${where} after ${Math.round(ms)} ms`);
  if (status < 400) return faults;
  if (headers['content-type'] !== 'application/problem+json')
    faults.push(`${where} is ${String(headers['content-type'])}`);
  for (const [name, value] of Object.entries(promisedHeaders))
    if (headers[name] !== value) faults.push(`${where} has ${name}: ${String(headers[name])}`);
  if (headers['x-powered-by'] ?? headers['server']) faults.push(`${where} says what it runs on`);
  if (method === 'HEAD') return faults;
  const ours = oursIn(text);
  if (inside.test(ours)) faults.push(`${where} shows our inside: ${ours.slice(0, 300)}`);
  return faults;
};
