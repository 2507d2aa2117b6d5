import { Command } from 'commander';
import { printableLines } from '@mentor-sessions/service-kit/printable';
import { consoleCommand } from './commands/console.ts';
import { deadLettersCommand } from './commands/dead-letters.ts';
import { eventsCommand } from './commands/events.ts';
import { outboxCommand } from './commands/outbox.ts';
import { reconcileCommand } from './commands/reconcile.ts';
import { statusCommand } from './commands/status.ts';
import { traceCommand } from './commands/trace.ts';
import { workersCommand } from './commands/workers.ts';

/** `npm run ops -- …`, in the image `node ops/src/main.ts …`. */
export const createProgram = (): Command => {
  const program = new Command('ops')
    .description('Looks at both services and mends what went wrong. docs/runbook.md says what to type when.')
    .option('--json', 'JSON, also on a terminal')
    .option('--text', 'text, also in a pipe')
    .exitOverride()
    .showHelpAfterError('(--help tells more)')
    .addHelpText('after', '\nExit codes: 0 fine, 1 something to do, 2 usage.');
  const commands = [
    ...[statusCommand(), outboxCommand(), deadLettersCommand(), traceCommand()],
    ...[reconcileCommand(), eventsCommand(), workersCommand(), consoleCommand()],
  ];
  for (const command of commands) program.addCommand(overriding(command));
  return program;
};

/** Errors are thrown, so that the exit code is decided in one place; what was typed is repeated escaped. */
const overriding = (command: Command): Command => {
  command.exitOverride().configureOutput({ writeErr: (text) => process.stderr.write(printableLines(text)) });
  command.commands.forEach(overriding);
  return command;
};
