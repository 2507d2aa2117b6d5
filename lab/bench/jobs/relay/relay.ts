import type { Envelope } from '@mentor-sessions/contracts';
import type { Candidate } from '../../harness/job.ts';
import type { Process } from '../../harness/processes.ts';
import type { Stage } from '../../harness/stage.ts';

/** Somebody's relay: where its rows wait, and which processes bring them to the broker. */
export type Relay = {
  readonly name: string;
  readonly kind: Candidate['kind'];
  /** Measured by its rate over this time (s), not until all is out. */
  readonly overSeconds?: number;
  readonly prepare?: (stage: Stage) => Promise<void>;
  readonly finish?: (stage: Stage) => Promise<void>;
  readonly start: (stage: Stage) => Promise<Process[]>;
  /** Makes `count` events wait, from number `from`, and gives what makes them visible. */
  readonly fill: (stage: Stage, count: number, from: number) => Promise<() => Promise<void>>;
  readonly isEmpty: (stage: Stage) => Promise<boolean>;
  readonly empty: (stage: Stage) => Promise<void>;
  /** One event, committed and announced. */
  readonly insertOne: (stage: Stage, event: Envelope) => Promise<void>;
};
