import { sampled } from '@mentor-sessions/service-kit/sampled';
import type { DeadLetterGroup } from '../dead-letters.ts';
import { readStatus, type Part, type Watched } from '../status.ts';
import type { Worker } from '../workers.ts';
import { flowOf, type Stage } from './flow.ts';
import { readQueueAge } from './queue-age.ts';
import { countSessions } from './session-counts.ts';

/** All that the page shows without being asked. */
export type Look = {
  readonly at: Date;
  readonly flow: readonly Stage[];
  readonly deadLetters: Part<readonly DeadLetterGroup[]>;
  readonly workers: Part<readonly Worker[]>;
  readonly problems: readonly string[];
};

const COUNT_EVERY_SECONDS = 10;
const AGE_EVERY_SECONDS = 0.5;

export const createLook = (connections: Watched): (() => Promise<Look>) => {
  const counted = sampled(() => countSessions(connections.databases), { everySeconds: COUNT_EVERY_SECONDS });
  // as impatient as the rest: one statement that is slow in a backlog must not keep every look from the page
  const aged = sampled(() => readQueueAge(connections.databases), { everySeconds: AGE_EVERY_SECONDS });
  return async () => {
    const [status, sessions, queueAgeSeconds] = await Promise.all([readStatus(connections), counted(), aged()]);
    const { deadLetters, workers, problems } = status;
    const flow = flowOf({ ...status, queueAgeSeconds, sessions: sessions ?? { error: 'sessions cannot be counted' } });
    return { at: new Date(), flow, deadLetters, workers, problems };
  };
};
