import { setTimeout as pause } from 'node:timers/promises';

type Point = { readonly done: number; readonly at: number; readonly memory: number };
type Work = { readonly total: number; readonly done: () => Promise<number>; readonly memory: () => number };

/** Notes how many are done, and the memory, again and again, until all are; gives rates (per second) and the most memory of the first and the last tenth. */
export const watchTenths = async ({ total, done, memory }: Work, withinMs: number) => {
  const began = performance.now();
  const points: Point[] = [];
  const note = async (): Promise<unknown> =>
    points.push({ done: Math.min(total, await done()), at: performance.now(), memory: memory() });
  await note();
  while ((points.at(-1)?.done ?? 0) < total) {
    await pause(50);
    await note();
    if (performance.now() - began > withinMs) throw new Error(`${points.at(-1)?.done} of ${total} are out`);
  }
  const [first, last] = [between(points, 0, total / 10), between(points, (9 * total) / 10, total)];
  return { firstTenth: rateOf(first), lastTenth: rateOf(last), firstMemory: mostOf(first), lastMemory: mostOf(last) };
};

/** The points that enclose the two numbers, and those between them. */
const between = (points: readonly Point[], from: number, to: number): Point[] =>
  points.slice(
    Math.max(
      0,
      points.findLastIndex(({ done }) => done <= from),
    ),
    points.findIndex(({ done }) => done >= to) + 1,
  );

const rateOf = (points: readonly Point[]): number => {
  const [first, last] = [points[0] as Point, points.at(-1) as Point];
  return ((last.done - first.done) * 1_000) / (last.at - first.at);
};

const mostOf = (points: readonly Point[]): number => Math.max(...points.map(({ memory }) => memory));
