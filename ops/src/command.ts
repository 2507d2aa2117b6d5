import { createInterface } from 'node:readline/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { createLogger } from '@mentor-sessions/service-kit/log';
import { printable, printableJson, printableLines } from '@mentor-sessions/service-kit/printable';
import { isProduction, readConfig, type Environment } from './config.ts';
import { connect, services, type Action, type Connections } from './connections.ts';
import { UsageError } from './errors.ts';

/** What a command reads and writes; `process` is one. */
export type Io = {
  readonly env: Environment;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean };
  readonly stderr: NodeJS.WritableStream;
};

/** What each command is created with. */
export type Cli = { readonly io: Io; readonly setExitCode: (code: number) => void };

export type Answer = {
  /** Printed as JSON. */
  readonly data: unknown;
  /** Printed for people. */
  readonly text: string;
  /** An operator must act: exit code 1. */
  readonly needsAction?: boolean;
};

/** What a running command has at hand. */
export type Context = Connections & {
  readonly io: Io;
  /** Who acts unless `--operator` says otherwise; undefined: `--operator` is required. */
  readonly operator: string | undefined;
};

/**
 * Runs a command with connections of its own and prints its answer: text on a terminal, JSON in a pipe; `--text` and
 * `--json` override. Control characters are escaped in both, because senders and users wrote some of the content.
 */
export const answering =
  <Args extends readonly unknown[]>(
    { io, setExitCode }: Cli,
    answer: (context: Context, ...args: Args) => Promise<Answer>,
  ) =>
  async (...args: [...Args, Command]): Promise<void> => {
    const command = args.at(-1) as Command;
    const { json, text } = command.optsWithGlobals<{ json?: boolean; text?: boolean }>();
    const config = readConfig(io.env);
    const connections = connect(config, createLogger({ service: 'ops', role: 'operator', level: 'silent' }));
    try {
      const context = { ...connections, io, operator: config.OPERATOR };
      const answered = await answer(context, ...(args.slice(0, -1) as unknown as Args));
      const isText = text ?? (!json && io.stdout.isTTY);
      const output = isText ? printableLines(answered.text) : printableJson(JSON.stringify(answered.data, null, 2));
      io.stdout.write(`${output}\n`);
      if (answered.needsAction) setExitCode(1);
    } finally {
      await connections.close();
    }
  };

export type ActionOptions = {
  readonly because: string;
  readonly operator?: string | undefined;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
};

/** Adds the options of every command that changes something. */
export const withActionOptions = (command: Command): Command =>
  command
    .requiredOption('--because <why>', 'the reason; recorded permanently with your name')
    .option('--operator <name>', 'who acts; default: OPERATOR, or the system user outside production')
    .option('--dry-run', 'only show what would be done');

/** Accounts that several people use; as the name in a record they identify no one. */
const sharedAccounts = ['admin', 'administrator', 'cluster', 'compose', 'node', 'operator', 'root'];

/** Who acts and why. In production it must be the name of a person. */
export const actionOf = ({ because, operator }: ActionOptions, context: Context): Action => {
  if (!because.trim()) throw new UsageError('--because must not be empty.');
  const name = (operator ?? context.operator ?? '').trim();
  if (!name) throw new UsageError('Who acts? Use --operator <your name> or set OPERATOR; it is recorded.');
  if (isProduction(context.io.env) && sharedAccounts.includes(name.toLowerCase()))
    throw new UsageError(`"${name}" is a shared account. Use --operator <your name> or set OPERATOR; it is recorded.`);
  return { operator: name, reason: because };
};

/** Before what cannot be undone: asks on a terminal; elsewhere `--yes` is required. */
export const confirm = async (question: string, { yes }: ActionOptions, { stdin, stderr }: Io): Promise<void> => {
  if (yes) return;
  if (!stdin.isTTY) throw new UsageError(`${question} Add --yes to confirm.`);
  const prompt = createInterface({ input: stdin, output: stderr });
  const answer = await prompt.question(`${printable(question)} [y/N] `);
  prompt.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new UsageError('Nothing was done.');
};

const POLL_MS = 200;

/** Reads until nothing remains, or until what remains has not decreased for `seconds`; returns what was read last. */
export const readUntilDone = async <T>(
  read: () => Promise<T>,
  remaining: (value: T) => number,
  seconds: number,
): Promise<T> => {
  let least = Infinity;
  for (let since = performance.now(); ;) {
    const value = await read();
    const rest = remaining(value);
    if (rest < least) [least, since] = [rest, performance.now()];
    if (rest === 0 || performance.now() - since > seconds * 1_000) return value;
    await pause(POLL_MS);
  }
};

export const serviceOption = (description = 'only this service'): Option =>
  new Option('--service <service>', description).choices(services);

// parsers of arguments and options

export const isUuid = (value: unknown): value is string =>
  typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value);

export const uuid = (text: string): string => {
  if (!isUuid(text)) throw new InvalidArgumentError('must be a UUID.');
  return text.toLowerCase();
};

/** For an option that may be repeated. */
export const uuids = (text: string, previous: readonly string[] = []): string[] => [...previous, uuid(text)];

export const positive = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('must be a whole number of at least 1.');
  return Number(text);
};

const unitMs = { s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** An RFC 3339 time, or how long ago: `90s`, `15min`, `2h`, `3d`. */
export const moment = (text: string): Date => {
  const [, count, unit] = /^(\d{1,6})(s|min|h|d)$/.exec(text) ?? [];
  if (count && unit) return new Date(Date.now() - Number(count) * unitMs[unit as keyof typeof unitMs]);
  const at = new Date(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('must be a time such as 2026-11-24T10:00:00Z, or an age: 90s, 15min, 2h, 3d.');
  return at;
};
