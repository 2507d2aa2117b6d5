import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Broker } from '@mentor-sessions/local-stack/backing';
import { repository } from '@mentor-sessions/local-stack/launch';
import { codeBlocks } from './code-blocks.ts';
import { run } from './run.ts';

/** The blocks of commands under a heading of a document, in order. */
export const commandsUnder = async (page: string, heading: string): Promise<string[]> => {
  const text = await readFile(join(repository, page), 'utf8');
  const [, ...sections] = text.split(/^## /m);
  const section = sections.find((each) => each.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`${page} has no section ${heading}`);
  return codeBlocks(section, 'bash');
};

export type Surroundings = {
  readonly env?: Readonly<Record<string, string>>;
  /** Shell functions for commands that are elsewhere on this machine, or missing. */
  readonly functions?: string;
  /** Default: the repository. */
  readonly cwd?: string;
};

/** Runs commands word for word until one fails; returns their output. */
export const runCommands = async (
  commands: string,
  { env, functions = '', cwd = repository }: Surroundings = {},
): Promise<string> => {
  const script = ['set -o pipefail', functions, commands].join('\n');
  const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
  const { stdout, stderr } = await run('bash', ['-ec', script], options).catch((error: unknown) => {
    const { stderr: why = '', stdout: out = '' } = error as { stderr?: string; stdout?: string };
    throw new Error(`${commands}\nfailed: ${why}${out}`, { cause: error });
  });
  return stdout + stderr;
};

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

type Tools = Required<Pick<Broker, 'tool'>>['tool'];

/** A shell function `<name> --node <node> …` for the nodes of private brokers. */
export const brokerTool = (name: string, tools: Readonly<Record<string, Tools | undefined>>): string => {
  const cases = Object.entries(tools).flatMap(([node, tool]) => {
    if (!tool) return [];
    const { command, env } = tool(name);
    const variables = Object.entries(env).map(([key, value = '']) => quoted(`${key}=${value}`));
    return [`${quoted(node)}) env ${[...variables, ...command.map(quoted)].join(' ')} "$@" ;;`];
  });
  return [`${name}() {`, 'local node=$2; shift 2', 'case "$node" in', ...cases, '*) return 1 ;;', 'esac', '}'].join(
    '\n',
  );
};
