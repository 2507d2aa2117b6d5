import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { debianCommand } from '@mentor-sessions/lab/debian-command';
import { CYCLE, sentencesOf } from './sentences.ts';
import { versionOf } from './version.ts';
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

/** Of the model under these parameters: results of another are of no use. */
export const versionOfSearch = ({ model, parameters }: Asked): Promise<string> =>
  versionOf(model, parameters.split(' '));

const readModel = (model: string): Promise<string> => readFile(join(import.meta.dirname, `${model}.pml`), 'utf8');

type How = {
  readonly values?: readonly string[];
  readonly compiler: readonly string[];
  readonly flags?: readonly string[];
};

/** With this parameter endless runs are searched, too, those in which no process stands still that could go on. */
const isFair = ({ parameters }: Asked): boolean => /\bFAIR\b/.test(parameters);
// the bound of the number of processes is a constant of the generated program
const fairly: How = { compiler: ['-DNFAIR=12', '-O2'], flags: ['-a', '-f'] };

/** Tries every run of a model. */
export const exhaust = (asked: Asked): Promise<Search> =>
  search(asked, isFair(asked) ? fairly : { compiler: ['-DSAFETY', '-O2'] });

/** Finds the shortest run that breaks a property; of endless runs, one. */
export const findShortest = (asked: Asked): Promise<Search> =>
  search(asked, isFair(asked) ? fairly : { values: ['-DSHORTEST'], compiler: ['-DSAFETY', '-DBFS', '-O0'] });

const search = async (
  { model, parameters }: Asked,
  { values: more = [], compiler, flags = [] }: How,
): Promise<Search> => {
  const spin = await debianCommand('spin', 'spin');
  const gcc = await debianCommand('gcc', 'gcc');
  const directory = await mkdtemp(join(tmpdir(), 'mentor-sessions-model-'));
  const within = { cwd: directory, maxBuffer: 64 * 1024 * 1024 };
  const values = [...defines(parameters), ...more];
  try {
    await cp(import.meta.dirname, directory, { recursive: true });
    await run(spin, ['-a', ...values, `${model}.pml`], within);
    await run(gcc, ['-w', `-DMEMLIM=${MEBIBYTES}`, ...compiler, '-o', 'pan', 'pan.c'], within);
    const { stdout } = await run('nice', ['-n', '10', './pan', `-m${DEPTH}`, ...flags], within);
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
  if (trail.includes(CYCLE)) return 'progress';
  const failed = /(\d+), Error: assertion violated/.exec(trail);
  if (!failed) return 'served';
  const line = (await readModel(model)).split('\n')[Number(failed[1]) - 1] ?? '';
  return /\/\* (\w+) \*\/\s*}?$/.exec(line)?.[1] ?? line.trim();
};
