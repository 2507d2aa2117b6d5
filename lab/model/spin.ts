import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { debianCommand } from '@mentor-sessions/lab/debian-command';
import { sentencesOf } from './sentences.ts';
import type { Configuration } from './configurations.ts';

const run = promisify(execFile);
const MEBIBYTES = 8_000;
/** Longer than any run of any configuration: a run that reaches it counts as not exhausted. */
const DEPTH = 100_000;

export type Search = { readonly states: number; readonly depth: number; readonly violation: Violation | null };
/** `property`: as the model names it; `served` when the run ends before everything is done. */
export type Violation = { readonly property: string; readonly trace: readonly string[] };

type Asked = Pick<Configuration, 'model' | 'parameters'>;

const defines = (parameters: string): string[] => parameters.split(' ').map((parameter) => `-D${parameter}`);

/** Changes with the text of the models and with the parameters. */
export const versionOf = async ({ model, parameters }: Asked): Promise<string> => {
  const guards = model === 'outbox-and-relay' ? ['traces', 'outbox-traces'] : [];
  const texts = await Promise.all(['common', 'rows', ...guards, model].map(readModel));
  return createHash('sha256')
    .update([...texts, parameters].join('\n'))
    .digest('hex')
    .slice(0, 12);
};

const readModel = (model: string): Promise<string> => readFile(join(import.meta.dirname, `${model}.pml`), 'utf8');

/** Tries every run of a model. */
export const exhaust = (asked: Asked): Promise<Search> => search(asked, [], ['-DSAFETY', '-O2']);

/** Finds the shortest run that breaks a property. */
export const findShortest = (asked: Asked): Promise<Search> =>
  search(asked, ['-DSHORTEST'], ['-DSAFETY', '-DBFS', '-O0']);

const search = async (
  { model, parameters }: Asked,
  more: readonly string[],
  compilerFlags: readonly string[],
): Promise<Search> => {
  const spin = await debianCommand('spin', 'spin');
  const gcc = await debianCommand('gcc', 'gcc');
  const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-model-'));
  const within = { cwd: directory, maxBuffer: 64 * 1024 * 1024 };
  const values = [...defines(parameters), ...more];
  try {
    await cp(import.meta.dirname, directory, { recursive: true });
    await run(spin, ['-a', ...values, `${model}.pml`], within);
    await run(gcc, ['-w', `-DMEMLIM=${MEBIBYTES}`, ...compilerFlags, '-o', 'pan', 'pan.c'], within);
    const { stdout } = await run('nice', ['-n', '10', './pan', `-m${DEPTH}`], within);
    const found = readReport(stdout);
    if (!found.isViolated) return { ...found, violation: null };
    const { stdout: trail } = await run(spin, ['-t', '-T', '-B', ...values, `${model}.pml`], within);
    return { ...found, violation: { property: await propertyIn(trail, model), trace: sentencesOf(trail, parameters) } };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

const readReport = (report: string) => {
  const number = (pattern: RegExp): number => Number(pattern.exec(report)?.[1] ?? Number.NaN);
  const errors = number(/errors: (\d+)/);
  const states = number(/([\d.e+]+) states, stored/);
  const isComplete = !/not completed|max search depth too small|MEMLIM|out of memory/.test(report);
  if (Number.isNaN(states) || (errors === 0 && !isComplete)) throw new Error(`not exhausted:\n${report}`);
  return { states, depth: number(/depth reached (\d+)/), isViolated: errors > 0 };
};

/** The comment behind the assertion that failed. */
const propertyIn = async (trail: string, model: string): Promise<string> => {
  const failed = /(\d+), Error: assertion violated/.exec(trail);
  if (!failed) return 'served';
  const line = (await readModel(model)).split('\n')[Number(failed[1]) - 1] ?? '';
  return /\/\* (\w+) \*\/\s*}?$/.exec(line)?.[1] ?? line.trim();
};
