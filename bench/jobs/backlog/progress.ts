import { setTimeout as pause } from 'node:timers/promises';

type Point = { readonly done: number; readonly at: number };

/** Notes how many are done, again and again, until `total` are; gives the rates (per second) of the first and the last tenth. */
export const watchTenths = async (
  total: number,
  done: () => Promise<number>,
  withinMs: number,
): Promise<{ firstTenth: number; lastTenth: number }> => {
  const began = performance.now();
  const points: Point[] = [{ done: 0, at: began }];
  while ((points.at(-1)?.done ?? 0) < total) {
    await pause(50);
    points.push({ done: Math.min(total, await done()), at: performance.now() });
    if (performance.now() - began > withinMs) throw new Error(`${points.at(-1)?.done} of ${total} are out`);
  }
  return {
    firstTenth: rateBetween(points, 0, total / 10),
    lastTenth: rateBetween(points, (9 * total) / 10, total),
  };
};

/** Between the points that enclose the two numbers. */
const rateBetween = (points: readonly Point[], from: number, to: number): number => {
  const first = points.findLast(({ done }) => done <= from) as Point;
  const last = points.find(({ done }) => done >= to) as Point;
  return ((last.done - first.done) * 1_000) / (last.at - first.at);
};
