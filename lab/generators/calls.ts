/** Calls as users of each generator would write them; they must type-check. */
export const calls: Readonly<Record<string, string>> = {
  'openapi-typescript': `import createClient from 'openapi-fetch';
import type { paths } from './openapi-typescript/bookings.ts';

const client = createClient<paths>({ baseUrl: 'http://localhost:3001' });
const body = { listingId: 'a', mentorProfileId: 'b', start: 'c', end: 'd' };
const { data, error } = await client.POST('/bookings', { body, params: { header: { 'Idempotency-Key': 'k' } } });
const version: number | undefined = data?.version;
if (error?.code === 'validation-failed') console.log(error.errors?.[0]?.code, version);
await client.GET('/bookings', { params: { query: { limit: 50, status: 'draft' } } });
await client.PATCH('/bookings/{id}/accept', { params: { path: { id: 'x' }, header: { 'If-Match': '"1"' } } });
// @ts-expect-error -- a number
await client.GET('/bookings', { params: { query: { limit: '50' } } });
`,
  'hey-api': `import { acceptBooking, createBooking, listBookings } from './hey-api/bookings/index.ts';

const body = { listingId: 'a', mentorProfileId: 'b', start: 'c', end: 'd' };
const { data, error } = await createBooking({ body, headers: { 'Idempotency-Key': 'k' } });
const version: number | undefined = data?.version;
if (error?.code === 'validation-failed') console.log(error.errors?.[0]?.code, version);
await listBookings({ query: { limit: 50, status: 'draft' } });
await acceptBooking({ path: { id: 'x' }, headers: { 'If-Match': '"1"' } });
// @ts-expect-error -- a number
await listBookings({ query: { limit: '50' } });
`,
  orval: `import { acceptBooking, createBooking, listBookings } from './orval/bookings.ts';

const body = { listingId: 'a', mentorProfileId: 'b', start: 'c', end: 'd' };
const created = await createBooking(body);
if (created.status === 201) console.log(created.data.version + 1);
else if (created.data.code === 'validation-failed') console.log(created.data.errors?.[0]?.code);
await listBookings({ limit: 50, status: 'draft' });
await acceptBooking('x', { headers: { 'If-Match': '"1"' } });
// @ts-expect-error -- a number
await listBookings({ limit: '50' });
`,
  modelina: `import type { SessionCompletedEventV1 } from './modelina/models.ts';

export const handle = ({ id, data }: SessionCompletedEventV1): string[] => [id, data.sessionId, data.completedAt];
// @ts-expect-error -- no such field
export const wrong = ({ data }: SessionCompletedEventV1) => data.notes;
`,
  quicktype: `import type { Message } from './quicktype/session.completed.v1.ts';

export const handle = ({ sessionId, menteeUserId, completedAt }: Message) => [sessionId, menteeUserId, completedAt];
`,
};
