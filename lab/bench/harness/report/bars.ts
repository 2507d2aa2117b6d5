import type { Job } from '../job.ts';
import type { Row } from './ratios.ts';
import { figure } from './table.ts';

const WIDTH = 760;
const LABEL = 250;
const BAR = 22;
const GAP = 12;
const TOP = 44;
const colours = { floor: '#8a8f98', ours: '#1f6feb', peer: '#c9a227' } as const;

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** Horizontal bars of one metric: medians, a whisker from the least to the most round. */
export const bars = (job: Job, key: string, rows: readonly Row[]): string => {
  const shown = rows.filter((row) => row.metrics[key]);
  const most = Math.max(...shown.map((row) => row.metrics[key]?.most ?? 0));
  const scale = (value: number): number => (value / most) * (WIDTH - LABEL - 90);
  const { title, unit } = job.metrics[key] ?? { title: key, unit: '' };
  const body = shown.map((row, index) => {
    const { median, least, most: top } = row.metrics[key] as NonNullable<Row['metrics'][string]>;
    const y = TOP + index * (BAR + GAP);
    const middle = y + BAR / 2;
    return `<text x="${LABEL - 10}" y="${middle + 4}" text-anchor="end">${escape(row.name)}</text>
<rect x="${LABEL}" y="${y}" width="${scale(median).toFixed(1)}" height="${BAR}" fill="${colours[row.kind]}"/>
<line x1="${(LABEL + scale(least)).toFixed(1)}" x2="${(LABEL + scale(top)).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="#333"/>
<text x="${(LABEL + scale(top) + 8).toFixed(1)}" y="${middle + 4}">${figure(median)}</text>`;
  });
  return svg(TOP + shown.length * (BAR + GAP), `${job.name}: ${title}, ${unit}`, body.join('\n'));
};

const svg = (height: number, title: string, body: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="13" role="img">
<title>${escape(title)}</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="12" y="24" font-weight="bold">${escape(title)}</text>
${body}
</svg>
`;
