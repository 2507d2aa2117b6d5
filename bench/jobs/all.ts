import type { Job } from '../harness/job.ts';
import { acceptJob } from './accept.ts';
import { completeJob } from './complete.ts';
import { relayJob } from './relay.ts';

/** In the order in which they run. */
export const jobs: readonly Job[] = [relayJob, acceptJob, completeJob];
