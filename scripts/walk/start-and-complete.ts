import { eventually } from '@mentor-sessions/local-stack/eventually';
import { query } from '@mentor-sessions/local-stack/query';
import { call, expectStatus } from './api.ts';
import type { Answer } from './api.ts';
import type { Stage } from './stage.ts';
import type { Step } from './step.ts';

const transition = async (
  { stack, sessionId, tokens }: Stage,
  who: 'mentor' | 'mentee',
  action: 'start' | 'complete',
): Promise<Answer> =>
  call({ url: `${stack.sessions.url}/sessions/${sessionId}/${action}`, method: 'PATCH', token: tokens[who] });

export const start: Step = {
  says: 'the mentee starts the session',
  run: async (stage) => {
    const { body } = expectStatus(await transition(stage, 'mentee', 'start'), 200);
    return `200, ${String(body['status'])}`;
  },
};

export const refuseMentee: Step = {
  says: 'the mentee may not complete it',
  run: async (stage) => {
    const { body } = expectStatus(await transition(stage, 'mentee', 'complete'), 403);
    return `403, ${String(body['code'])}: ${String(body['detail'])}`;
  },
};

export const complete: Step = {
  says: 'the mentor completes it',
  run: async (stage) => {
    const { body } = expectStatus(await transition(stage, 'mentor', 'complete'), 200);
    return `200, ${String(body['status'])}`;
  },
};

const unlocked = 'select mentee_user_id from unlocked_reviews where session_id = $1';

/** examples/review-eligibility prints what it gets and keeps what follows from it. */
export const receive: Step = {
  says: 'a subscriber with its own queue has received session.completed',
  run: async ({ reviews, sessionId }) => {
    const told = (line: string): boolean => line.startsWith('session.completed ') && line.includes(sessionId);
    const look = () => reviews.log().split('\n').find(told);
    return eventually(look, { every: 10, describe: 'session.completed is received' });
  },
};

export const unlock: Step = {
  says: 'it has unlocked one review, for the mentee',
  run: async ({ reviews, sessionId }) => {
    const look = async () => (await query(reviews.adminDatabaseUrl, unlocked, [sessionId]))[0];
    const row = await eventually(look, { every: 10, describe: 'a review is unlocked' });
    return `mentee ${String(row['mentee_user_id'])}`;
  },
};
