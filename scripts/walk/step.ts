import type { Stage } from './stage.ts';

export type Step = {
  readonly says: string;
  /** What was seen, in a few words; throws when it was something else. */
  run(stage: Stage): Promise<string>;
};
