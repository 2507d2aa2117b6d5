import type { Random } from './random.ts';
import type { FaultWorld } from './world/fault-world.ts';
import type { Setting } from './world/servers.ts';

export type Fault = {
  /** `F6`, or `F11 follower` where one number has several cases. */
  readonly id: string;
  readonly name: string;
  /** What holds all the same. */
  readonly promise: string;
  readonly how: string;
  /** It brings servers or programs of other versions itself, and is not run again with each pair of versions. */
  readonly isAboutVersions?: true;
  /** Brings what must be on the machine. */
  readonly prepare?: () => Promise<void>;
  /** `isSmall`: for `npm run lab`, which kills and repeats less often. */
  readonly setting?: (random: Random, isSmall: boolean) => Setting;
  /** Does the harm while people book and move sessions on, and repairs it; says what was seen. */
  readonly run: (world: FaultWorld) => Promise<string>;
};
