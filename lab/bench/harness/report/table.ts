import type { Job } from '../job.ts';
import type { GoalReached, Row } from './ratios.ts';

export const figure = (value: number): string => {
  if (!Number.isFinite(value)) return '–';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
};

const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
const head = (cells: readonly string[]): string[] => [line(cells), line(cells.map(() => '---'))];

/** Candidates down, metrics across: median, and least–most of the rounds. */
export const metricsTable = ({ metrics }: Job, rows: readonly Row[]): string => {
  const keys = Object.keys(metrics).filter((key) => rows.some((row) => row.metrics[key]));
  const titles = keys.map((key) => `${metrics[key]?.title} (${metrics[key]?.unit})`);
  const body = rows.map((row) =>
    line([
      row.kind === 'ours' ? `**${row.name}**` : row.name,
      ...keys.map((key) => {
        const summary = row.metrics[key];
        if (!summary) return '';
        const spread = summary.rounds > 1 ? ` (${figure(summary.least)}–${figure(summary.most)})` : '';
        return `${figure(summary.median)}${spread}`;
      }),
    ]),
  );
  return [...head(['', ...titles]), ...body].join('\n');
};

export const goalsTable = (goals: readonly GoalReached[]): string =>
  [
    ...head(['goal', 'ratio of medians, or figure', 'round by round', '']),
    ...goals.map(({ goal, ratio, spread: [least, most], reached }) =>
      line([goal, figure(ratio), `${figure(least)}–${figure(most)}`, reached ? 'reached' : '**not reached**']),
    ),
  ].join('\n');
