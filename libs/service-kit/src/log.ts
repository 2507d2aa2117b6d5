import { createRequire } from 'node:module';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { prettyFactory } from 'pino-pretty';
import { createStdout, stdoutDescriptor, type Stdout } from './log/stdout.ts';
import { printableJson, printableLines } from './printable.ts';

export type { Logger } from 'pino';

type LoggerOptions = {
  readonly service: string;
  readonly role: string;
  readonly level?: string;
  /** Readable lines instead of JSON. Default: whether stdout is a terminal. */
  readonly pretty?: boolean;
  readonly destination?: DestinationStream;
};

/**
 * JSON lines on stdout, written at once, with secrets and private fields redacted. A reader that stops reading does not
 * stop the process: lines are dropped and counted.
 */
export const createLogger = ({ service, role, level = 'info', ...to }: LoggerOptions): Logger =>
  pino(
    {
      level,
      base: { service, role },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: (fields) => redactEntries(fields, DEPTH) },
      redact: { paths: [...privateNames], censor: REDACTED }, // the fields of child loggers, which bypass formatters
      serializers: { err: (described: unknown) => described }, // redactEntries has done it
      hooks: { streamWrite: (line) => printableJson(redactText(line)) },
    },
    to.destination ?? toStdout({ service, role }, to.pretty ?? process.stdout.isTTY),
  );

/** Lines that this process could not write because the reader of its stdout had stopped. */
export const droppedLogLines = (): number => stdout?.dropped() ?? 0;

const FLUSH_MS = 1_000;

/** One for the process, so that lines waiting for a slow reader stay in order. */
let stdout: Stdout | undefined;

const openStdout = (names: object, render: (line: string) => string): Stdout => {
  const gap = (dropped: number): string => {
    const msg = 'log lines dropped: the reader of stdout had stopped reading';
    return render(`${JSON.stringify({ level: 'warn', time: new Date().toISOString(), ...names, dropped, msg })}\n`);
  };
  const opened = createStdout({ fd: stdoutDescriptor(), gap });
  process.on('exit', () => opened.flush(FLUSH_MS));
  return opened;
};

const toStdout = (names: object, readable: boolean): DestinationStream => {
  const render = readable ? forPeople() : (line: string) => line;
  const opened = (stdout ??= openStdout(names, render));
  return { write: (line) => opened.write(render(line)) };
};

/** Undefined where pino-pretty is not installed: the packed libraries do not bring it. */
const loadPretty = (): typeof prettyFactory | undefined => {
  try {
    return (createRequire(import.meta.url)('pino-pretty') as { prettyFactory: typeof prettyFactory }).prettyFactory;
  } catch {
    return undefined;
  }
};

const forPeople = (): ((line: string) => string) => {
  const pretty = loadPretty()?.({ ignore: 'service,hostname,pid', singleLine: true });
  const harmless = (_: string, value: unknown): unknown => (typeof value === 'string' ? printableLines(value) : value);
  return (line) => pretty?.(JSON.parse(line, harmless) as object) ?? line;
};

/** Fields that no log may show. */
const privateNames = [
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

const REDACTED = '[redacted]';

// compared without case, hyphens and underscores
const privateKeys = new Set([...privateNames, 'setCookie'].map((key) => key.toLowerCase()));
const DEPTH = 8;

type Fields = Record<string, unknown>;

/**
 * A copy of the fields with private ones redacted; errors become plain objects without the values of rows. By hand because
 * pino's `redact` knows neither arbitrary depth nor other spellings, and its error serializer copies every property.
 */
const redactEntries = (fields: object, depth: number): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, isPrivate(key) ? REDACTED : redact(value, depth)]),
  );

const isPrivate = (key: string): boolean => privateKeys.has(key.replaceAll(/[-_]/g, '').toLowerCase());

const redact = (value: unknown, depth: number): unknown => {
  if (typeof value !== 'object' || value === null) return value;
  if (depth === 0) return '…';
  if (value instanceof Error) return describeError(value, depth - 1);
  if (Array.isArray(value)) return value.map((item) => redact(item, depth - 1));
  if (ArrayBuffer.isView(value)) return `<${value.byteLength} bytes>`;
  return 'toJSON' in value ? value : redactEntries(value, depth - 1);
};

// Not every property: PostgreSQL's `detail` and `where` quote whole rows.
const errorFields = 'code status errno syscall severity schema table column constraint routine'.split(' ');

const describeError = (error: Error, depth: number): Fields => {
  const described: Fields = { type: error.name, message: error.message, stack: error.stack };
  for (const key of errorFields) if (key in error) described[key] = (error as unknown as Fields)[key];
  if (error.cause !== undefined) described['cause'] = redact(error.cause, depth);
  if (error instanceof AggregateError) described['errors'] = redact(error.errors, depth);
  return described;
};

// greedy up to the last @, since a password may contain one; redacting too much does no harm, except in the paths of a stack
const credentialsInUrl = /(?<!\bfile):\/\/(?:[^\s"\\]|\\[^nrt])*@/g;
const jwt = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/** The written line without the credentials of URLs and without tokens, in whichever field or message they are. */
const redactText = (line: string): string => line.replace(credentialsInUrl, `://${REDACTED}@`).replace(jwt, REDACTED);
