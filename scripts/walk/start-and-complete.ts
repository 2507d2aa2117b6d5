import { eventually } from '@mentor-sessions/local-stack/eventually';
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

export const receive: Step = {
  says: 'a subscriber with its own queue has received session.completed',
  run: async ({ reviews, sessionId }) => {
    const { event } = await eventually(() => reviews.received.find((message) => message.event.subject === sessionId), {
      every: 10,
      describe: 'session.completed is received',
    });
    return `${event.type} ${JSON.stringify(event.data)}`;
  },
};
