import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Result } from '../run-parts.ts';
import { testBacking } from '@mentor-sessions/lab/test-stack';

const page = fileURLToPath(new URL('../results.md', import.meta.url));
const between = /(<!-- results of (\w+)[^>]*-->\n)[\s\S]*?(<!-- end -->)/g;

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const table = ({ seconds, verdicts }: Result): string => {
  const { versions } = testBacking();
  const at = new Date().toISOString().slice(0, 10);
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const rows = verdicts.map(
    ({ check, seen, faults }) =>
      `| ${cell(check)} | ${cell(seen)} | ${faults.length === 0 ? 'held' : `**broken**: ${cell(faults.join('; ').slice(0, 300))}`} |`,
  );
  const run = `${at}, ${seconds} s, on ${commit}, PostgreSQL ${versions.postgres}, RabbitMQ ${versions.rabbitmq}`;
  return [`Run of ${run}.`, '', '| check | seen | |', '|---|---|---|', ...rows].join('\n');
};

/** Brings the tables of lab/abuse/results.md up to date for the parts that were run. */
export const recordResults = async (results: readonly Result[]): Promise<void> => {
  const text = await readFile(page, 'utf8');
  const made = text.replace(between, (all: string, begin: string, part: string, end: string) => {
    const result = results.find((candidate) => candidate.part === part);
    return result ? `${begin}\n${table(result)}\n\n${end}` : all;
  });
  await writeFile(page, made);
};
