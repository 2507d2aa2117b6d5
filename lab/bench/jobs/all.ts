import type { Job } from '../harness/job.ts';
import { acceptJob, completeJob } from './http.ts';
import { apiReplicasJob, neighboursJob } from './neighbours.ts';
import { backlogJob } from './backlog.ts';
import { consumerJob, consumerReplicasJob } from './consumer.ts';
import { idleJob } from './idle.ts';
import { lagJob } from './lag.ts';
import { listsJob } from './lists.ts';
import { pipelineJob } from './pipeline.ts';
import { peersJob, relayJob } from './relay.ts';
import { relayReplicasJob } from './relay-replicas.ts';
import { retentionJob } from './retention.ts';
import { startUpJob } from './start-up.ts';
import { timersJob } from './timers.ts';

/** In the order of execution. */
export const jobs: readonly Job[] = [
  relayJob,
  peersJob,
  consumerJob,
  pipelineJob,
  lagJob,
  acceptJob,
  completeJob,
  neighboursJob,
  apiReplicasJob,
  listsJob,
  relayReplicasJob,
  consumerReplicasJob,
  backlogJob,
  retentionJob,
  idleJob,
  startUpJob,
  timersJob,
];
