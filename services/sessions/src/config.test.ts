import { expect, test } from '@jest/globals';
import { configuration } from '@mentor-sessions/lab/every-service/configuration';
import { readConfig } from './config.ts';

const { given, problemsIn } = configuration('sessions', readConfig);

test('the link to bookings begins with a base URL, whether or not it ends in a slash', () => {
  expect(problemsIn({ ...given, BOOKINGS_URL: 'https://bookings.example.com/v1/' })).toEqual([]);
  expect(readConfig()).toMatchObject({ BOOKINGS_URL: 'https://bookings.example.com/v1' });
  expect(problemsIn({ ...given, BOOKINGS_URL: 'https://bookings.example.com/?a=b' })).toEqual([
    expect.stringMatching(/^ {2}BOOKINGS_URL: must be a base URL/),
  ]);
});
