/** What the OpenAPI document and the docs page say of this service. */
export const about = {
  info: {
    title: 'Sessions',
    version: '1.0.0',
    license: { name: 'None yet: all rights reserved', identifier: 'LicenseRef-UNLICENSED' },
    contact: { name: 'The team of mentor-sessions' },
    description: `A **session** is the real meeting that follows from an accepted booking. There is no other way to make one, none to move
or delete one: its start and end are exactly its booking's, forever.

**Lifecycle**: \`scheduled → in_progress → completed\`; no skipping, no going back. The session's mentor or mentee starts it;
**only the mentor completes it**. The clock has no say in it; what is overdue has an \`attention\`.

**Who you are** comes from your token: you are the mentee with role \`mentee\` when \`sub\` is the session's \`menteeUserId\`, the mentor
with role \`mentor\` when \`mentor_profile_id\` is its \`mentorProfileId\`.

**An example**: after the booking was accepted, \`GET /sessions/{id}\` (404 for a moment), \`PATCH /sessions/{id}/start\`, and, as the
mentor, \`PATCH /sessions/{id}/complete\`. Each change is also an event (\`session.started\`, \`session.completed\`) for other services.

**Errors** are problem documents (RFC 9457), their \`type\` a page with cause and cure; switch on \`code\`. Send \`If-Match\` with the \`ETag\` you have seen, and a change
made meanwhile answers 412 instead of surprising you. Send an \`Idempotency-Key\` with each POST and PATCH, and repeat it as often as you
need: one effect, and the same answer for 24 hours.`,
  },
  tags: [{ name: 'sessions', description: 'The meetings that follow from accepted bookings' }],
};
