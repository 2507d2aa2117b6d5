import type { FaultWorld } from '../world/fault-world.ts';

/** The JSON output of an operators' command; without it, the fault's promise is broken. */
export const opsAnswer = async <Answer extends object>(world: FaultWorld, ...args: string[]): Promise<Answer> => {
  const { out, err } = await world.ops(...args);
  try {
    return JSON.parse(out) as Answer;
  } catch {
    world.expect(false, `ops ${args.join(' ')} answers`, err || out);
    return {} as Answer;
  }
};
