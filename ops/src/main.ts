import { CommanderError } from 'commander';
import { ConfigError } from '@mentor-sessions/service-kit/config';
import { printableLines } from '@mentor-sessions/service-kit/printable';
import { createProgram } from './program.ts';
import { sayError } from './say-error.ts';
import { Usage } from './usage.ts';

// exit codes: 0 fine, 1 something to do, 2 usage
try {
  await createProgram().parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`${printableLines(sayError(error))}\n`);
    process.exitCode = error instanceof Usage || error instanceof ConfigError ? 2 : 1;
  }
}
