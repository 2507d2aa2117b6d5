import { expect, test } from '@jest/globals';
import { configuration } from '@mentor-sessions/lab/every-service/configuration';
import { readConfig } from './config.ts';

const { given, problemsIn } = configuration('bookings', readConfig);

test('links in production need the public address of sessions, which has a default in development only', () => {
  expect(problemsIn({ ...given, SESSIONS_URL: '' })).toEqual(['  SESSIONS_URL: is missing']);
  expect(problemsIn({ ...given, SESSIONS_URL: '', NODE_ENV: 'development' })).toEqual([]);
  expect(readConfig()).toMatchObject({ SESSIONS_URL: 'http://localhost:3002' });
});
