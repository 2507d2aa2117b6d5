import { Command, CommanderError } from 'commander';
import { ConfigError } from '@mentor-sessions/service-kit/config';
import { printableLines } from '@mentor-sessions/service-kit/printable';
import { actionsCommand } from './actions.ts';
import type { Cli, Io } from './command.ts';
import { consoleCommand } from './console/console.ts';
import { deadLettersCommand } from './dead-letters-command.ts';
import { describeError, UsageError } from './errors.ts';
import { eventsCommand } from './events.ts';
import { outboxCommand } from './outbox.ts';
import { reconcileCommand } from './reconcile.ts';
import { statusCommand } from './status-command.ts';
import { traceCommand } from './trace.ts';
import { workersCommand } from './workers.ts';

/** Runs one command and returns its exit code: 0 fine, 1 action needed or failed, 2 usage. */
export const run = async (args: readonly string[], io: Io): Promise<number> => {
  let exitCode = 0;
  try {
    await createProgram({ io, setExitCode: (code) => (exitCode = code) }).parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    io.stderr.write(`${printableLines(describeError(error))}\n`);
    return error instanceof UsageError || error instanceof ConfigError ? 2 : 1;
  }
};

/** `npm run ops -- …`, in the image `node ops/src/main.ts …`. */
export const createProgram = (cli: Cli): Command => {
  const program = new Command('ops')
    .description('Inspects and repairs both services. See docs/runbook.md.')
    .option('--json', 'print JSON, also on a terminal')
    .option('--text', 'print text, also into a pipe')
    .showHelpAfterError('(see --help)')
    .addHelpText('after', '\nExit codes: 0 fine, 1 action needed or failed, 2 usage.');
  for (const create of [
    statusCommand,
    outboxCommand,
    deadLettersCommand,
    traceCommand,
    reconcileCommand,
    eventsCommand,
    workersCommand,
    actionsCommand,
    consoleCommand,
  ])
    program.addCommand(create(cli));
  configure(program, cli.io);
  return program;
};

/** Makes commander throw instead of exit, and escapes arguments that it repeats in its messages. */
const configure = (command: Command, io: Io): void => {
  command.exitOverride().configureOutput({
    writeOut: (text) => io.stdout.write(text),
    writeErr: (text) => io.stderr.write(printableLines(text)),
  });
  for (const child of command.commands) configure(child, io);
};
