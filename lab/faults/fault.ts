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
  /** It starts servers or programs of other versions by itself, so `npm run versions` skips it. */
  readonly isAboutVersions?: true;
  /** Installs what it needs on this machine. */
  readonly prepare?: () => Promise<void>;
  /** `isSmall`: for `npm run lab`, which kills and repeats less often. */
  readonly setting?: (random: Random, isSmall: boolean) => Setting;
  /** Does the harm while people book and move sessions on, and repairs it; says what was seen. */
  readonly run: (world: FaultWorld) => Promise<string>;
};
