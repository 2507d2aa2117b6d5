import { verdict } from './part.ts';
import type { Part, Size, Verdict } from './part.ts';
import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { testBacking } from '@mentor-sessions/lab/test-stack';

export type Result = { readonly part: string; readonly verdicts: readonly Verdict[] };

const say = (line: string): void => void process.stderr.write(`${line}\n`);

// A part that throws counts as a failed check; the others still run.
const attempt = (part: Part, size: Size): Promise<readonly Verdict[]> =>
  part
    .run(size)
    .catch((error: unknown) => [
      verdict('runs to its end', '', [error instanceof Error ? (error.stack ?? error.message) : String(error)]),
    ]);

/** Runs one part after the other and prints each result at once. */
export const runParts = async (parts: readonly Part[], size: Size): Promise<Result[]> => {
  const results: Result[] = [];
  for (const part of parts) {
    const began = performance.now();
    const verdicts = await attempt(part, size);
    const seconds = Math.round((performance.now() - began) / 100) / 10;
    results.push({ part: part.name, verdicts });
    say(`abuse ${part.name}, ${seconds} s`);
    for (const { check, seen, faults } of verdicts) {
      say(`${faults.length === 0 ? '  ok     ' : '  BROKEN '} ${check}: ${seen}`);
      for (const fault of faults) say(`           ${fault.slice(0, 600)}`);
    }
  }
  return results;
};

const page = fileURLToPath(new URL('./results.md', import.meta.url));
const between = /(<!-- (\w+): npm run abuse -->\n)[\s\S]*?(<!-- end -->)/g;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const table = ({ verdicts }: Result): string => {
  const { versions } = testBacking();
  const at = new Date().toISOString().slice(0, 10);
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const rows = verdicts.map(({ check, seen, faults }) => {
    const broken = faults.length === 0 ? '' : ` **broken**: ${cell(faults.join('; ').slice(0, 300))}`;
    return `| ${cell(check)} | ${cell(seen)}${broken} |`;
  });
  const run = `${at}, ${commit}, PostgreSQL ${versions.postgres}, RabbitMQ ${versions.rabbitmq}`;
  return [run, '', '| check | seen |', '|---|---|', ...rows].join('\n');
};

/** Updates the tables of lab/abuse/results.md for the parts that were run. */
export const recordResults = async (results: readonly Result[]): Promise<void> => {
  const text = await readFile(page, 'utf8');
  const made = text.replace(between, (all: string, begin: string, part: string, end: string) => {
    const result = results.find((candidate) => candidate.part === part);
    return result ? `${begin}\n${table(result)}\n\n${end}` : all;
  });
  await writeFile(page, made);
};
