import { httpJob } from './http.ts';
import { floorApi, ourApi } from './http/apis.ts';
import { acceptedWithEvent, onlyDrafts } from './http/rows.ts';

export const acceptJob = httpJob(
  {
    name: 'accept',
    title:
      'PATCH /bookings/{id}/accept, each of another draft, by a hundred mentors with their tokens, over 10 and 50 kept connections.',
  },
  { prepare: onlyDrafts, path: (id) => `/bookings/${id}/accept`, done: acceptedWithEvent },
  [floorApi('bookings', 'floor/accept.ts'), ourApi('bookings')],
);
