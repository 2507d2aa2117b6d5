import { pino, type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import { BLOT, privateNames, redactFields, redactText } from './log/redact.ts';

export type { Logger } from 'pino';

type LoggerOptions = {
  readonly service: string;
  readonly role: string;
  readonly level?: string;
  /** For people at a terminal; programs read JSON lines. Default: whether stdout is a terminal. */
  readonly pretty?: boolean;
  readonly destination?: DestinationStream;
};

/** JSON lines on stdout, written at once (no line is lost at exit), with secrets and private texts blotted out wherever they stand. */
export const createLogger = ({ service, role, level = 'info', ...to }: LoggerOptions): Logger =>
  pino(
    {
      level,
      base: { service, role },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redactFields },
      redact: { paths: [...privateNames], censor: BLOT }, // the fields of child loggers, which no formatter sees
      serializers: { err: (described: unknown) => described }, // by redactFields already
      hooks: { streamWrite: redactText },
    },
    to.destination ?? stdout(to.pretty ?? process.stdout.isTTY),
  );

const stdout = (readable: boolean): DestinationStream =>
  readable
    ? pretty({ sync: true, ignore: 'service,hostname,pid', singleLine: true })
    : pino.destination({ fd: 1, sync: true });
