import type { Candidate, Sample } from './job.ts';
import { openStage, type Stage } from './stage.ts';
import type { World } from './world.ts';

type Work = {
  readonly round: (world: World, stage: Stage) => Promise<Sample>;
  /** Once, before the first round. */
  readonly prepare?: (stage: Stage, world: World) => Promise<void>;
};

/** A candidate that has a stage for itself. */
export const onStage = ({ name, kind }: Pick<Candidate, 'name' | 'kind'>, { round, prepare }: Work): Candidate => ({
  name,
  kind,
  setUp: async (world) => {
    const stage = await openStage();
    await prepare?.(stage, world);
    return { round: () => round(world, stage), tearDown: stage.close };
  },
});
