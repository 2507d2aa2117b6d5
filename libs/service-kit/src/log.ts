import { pino, type DestinationStream, type Logger } from 'pino';
import { prettyFactory } from 'pino-pretty';
import { BLOT, privateNames, redactFields, redactText } from './log/redact.ts';
import { createStdout, stdoutDescriptor, type Stdout } from './log/stdout.ts';
import { printableJson, printableLines } from './printable.ts';

export type { Logger } from 'pino';

type LoggerOptions = {
  readonly service: string;
  readonly role: string;
  readonly level?: string;
  /** For people at a terminal; programs read JSON lines. Default: whether stdout is a terminal. */
  readonly pretty?: boolean;
  readonly destination?: DestinationStream;
};

/**
 * JSON lines on stdout, written at once, with secrets and private texts blotted out wherever they stand. A reader that
 * stops reading does not stop the process: lines are dropped and counted.
 */
export const createLogger = ({ service, role, level = 'info', ...to }: LoggerOptions): Logger =>
  pino(
    {
      level,
      base: { service, role },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redactFields },
      redact: { paths: [...privateNames], censor: BLOT }, // the fields of child loggers, which no formatter sees
      serializers: { err: (described: unknown) => described }, // by redactFields already
      hooks: { streamWrite: (line) => printableJson(redactText(line)) },
    },
    to.destination ?? toStdout({ service, role }, to.pretty ?? process.stdout.isTTY),
  );

/** Lines that this process could not write because the reader of its stdout did not read. */
export const droppedLogLines = (): number => stdout?.dropped() ?? 0;

const LAST_WORDS_MS = 1_000;

/** One for the process: what it cannot write at the moment waits in one place, in order. */
let stdout: Stdout | undefined;

const openStdout = (names: object, render: (line: string) => string): Stdout => {
  const gap = (dropped: number): string => {
    const msg = 'log lines dropped: whatever reads stdout had stopped reading';
    return render(`${JSON.stringify({ level: 'warn', time: new Date().toISOString(), ...names, dropped, msg })}\n`);
  };
  const opened = createStdout({ fd: stdoutDescriptor(), gap });
  process.on('exit', () => opened.flush(LAST_WORDS_MS));
  return opened;
};

const toStdout = (names: object, readable: boolean): DestinationStream => {
  const render = readable ? forPeople() : (line: string) => line;
  const opened = (stdout ??= openStdout(names, render));
  return { write: (line) => opened.write(render(line)) };
};

const forPeople = (): ((line: string) => string) => {
  const pretty = prettyFactory({ ignore: 'service,hostname,pid', singleLine: true });
  const harmless = (_: string, value: unknown): unknown => (typeof value === 'string' ? printableLines(value) : value);
  return (line) => pretty(JSON.parse(line, harmless) as object);
};
