import type { FaultWorld } from '../world/fault-world.ts';

/** What the operators' command printed, as JSON; a promise of the fault when it did not. */
export const opsAnswer = async <Answer extends object>(world: FaultWorld, ...args: string[]): Promise<Answer> => {
  const { out, err } = await world.ops(...args);
  try {
    return JSON.parse(out) as Answer;
  } catch {
    world.expect(false, `ops ${args.join(' ')} answers`, err || out);
    return {} as Answer;
  }
};
