import { mkdtemp } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnDetached, type DetachedProcess } from './detached-process.ts';
import { repository } from './migrations.ts';

export type Example = {
  readonly file?: string;
  /** Below examples/: `review-eligibility/src/main.ts`. */
  readonly main: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly logFile?: string;
};

export type ExampleProcess = DetachedProcess & { log(): string };

/** A program of examples/ as a process of its own; it gets no variable of ours but PATH. */
export const spawnExample = async (example: Example): Promise<ExampleProcess> => {
  const { file = process.execPath, main, args = [], env } = example;
  const logFile = example.logFile ?? join(await mkdtemp(join(tmpdir(), 'mentor-sessions-example-')), 'log');
  const path = `${repository}examples/${main}`;
  const child = await spawnDetached({
    file,
    args: [path, ...args],
    env: { PATH: process.env['PATH'], ...env },
    cwd: repository,
    logFile,
    orphanSignal: 'SIGTERM',
  });
  return { ...child, log: () => readFileSync(logFile, 'utf8') };
};
