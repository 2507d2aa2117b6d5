import { eventually } from '@mentor-sessions/local-stack/eventually';
import { query } from '@mentor-sessions/local-stack/query';
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

/** The way back: bookings has heard of it. */
export const learn: Step = {
  says: 'the booking says what became of it',
  run: async ({ mentee, bookingId }) => {
    const request = { params: { path: { id: bookingId } } };
    const look = async () => expectData(await mentee.bookings.GET('/bookings/{id}', request)).sessionStatus;
    await eventually(async () => (await look()) === 'completed', { every: 10, describe: 'sessionStatus is completed' });
    return 'sessionStatus completed';
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
