import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { debianCommand } from '@mentor-sessions/lab/debian-command';

const run = promisify(execFile);

/**
 * A hash of a model as the C preprocessor leaves it under these parameters: it does not change with comments, or with parts
 * that other parameters select. `more`: further text that belongs to it.
 */
export const versionOf = async (model: string, parameters: readonly string[], more = ''): Promise<string> => {
  const gcc = await debianCommand('gcc', 'gcc');
  const args = ['-E', '-P', '-x', 'c', ...parameters.map((parameter) => `-D${parameter}`), `${model}.pml`];
  const { stdout } = await run(gcc, args, { cwd: import.meta.dirname, maxBuffer: 64 * 1024 * 1024 });
  const text = stdout.replaceAll(/\s+/g, ' ');
  return createHash('sha256').update(`${text}\n${more}`).digest('hex').slice(0, 12);
};
