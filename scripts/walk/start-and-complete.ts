import { eventually } from '@mentor-sessions/local-stack/eventually';
import { expectData } from './api.ts';
import type { Stage } from './stage.ts';
import type { Step } from './step.ts';

const requestOf = ({ sessionId }: Stage) => ({ params: { path: { id: sessionId } } });

export const start: Step = {
  says: 'the mentee starts the session',
  run: async (stage) => {
    const { status } = expectData(await stage.mentee.sessions.PATCH('/sessions/{id}/start', requestOf(stage)));
    return `200, ${status}`;
  },
};

export const refuseMentee: Step = {
  says: 'the mentee may not complete it',
  run: async (stage) => {
    const { error, response } = await stage.mentee.sessions.PATCH('/sessions/{id}/complete', requestOf(stage));
    if (response.status !== 403 || !error) throw new Error(`expected 403, got ${response.status}`);
    return `403, ${error.code}: ${error.detail}`;
  },
};

export const complete: Step = {
  says: 'the mentor completes it',
  run: async (stage) => {
    const { status } = expectData(await stage.mentor.sessions.PATCH('/sessions/{id}/complete', requestOf(stage)));
    return `200, ${status}`;
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
