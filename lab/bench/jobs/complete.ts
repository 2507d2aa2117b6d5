import { httpJob } from './http.ts';
import { floorApi, ourApi } from './http/apis.ts';
import { completedWithEvent, onlySessionsInProgress } from './http/rows.ts';

export const completeJob = httpJob(
  {
    name: 'complete',
    title:
      'PATCH /sessions/{id}/complete, each of another session, by a hundred mentors with their tokens, over 10 and 50 kept connections.',
  },
  { prepare: onlySessionsInProgress, path: (id) => `/sessions/${id}/complete`, done: completedWithEvent },
  [floorApi('sessions', 'floor/complete.ts'), ourApi('sessions')],
);
