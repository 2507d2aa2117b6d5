/** What the OpenAPI document and the docs page say of this service. */
export const about = {
  info: {
    title: 'Bookings',
    version: '1.0.0',
    license: { name: 'None yet: all rights reserved', identifier: 'LicenseRef-UNLICENSED' },
    contact: { name: 'The team of mentor-sessions' },
    description: `A mentee asks a mentor for a **booking**; when the mentor accepts it, exactly one **session** follows, in the sessions service.

**Lifecycle**: \`draft → accepted | declined | cancelled\`; the last three are final. The booking's mentor accepts or declines,
the booking's mentee cancels. Two accepted bookings of one mentor never overlap; back to back is fine.

**Who you are** comes from your token: you are the mentee with role \`mentee\` when \`sub\` is the booking's \`menteeUserId\`, the mentor
with role \`mentor\` when \`mentor_profile_id\` is its \`mentorProfileId\`.

**An example**: the mentee sends \`POST /bookings\`, the mentor \`PATCH /bookings/{id}/accept\`; the answer's \`Link\` with
\`rel="session"\` is the session's URL. It answers 404 with \`Retry-After: 1\` until the session is there, a moment later.

**Errors** are problem documents (RFC 9457), their \`type\` a page with cause and cure; switch on \`code\`. Send \`If-Match\` with the \`ETag\` you have seen, and a change
made meanwhile answers 412 instead of surprising you. Send an \`Idempotency-Key\` with each POST and PATCH, and repeat it as often as you
need: one effect, and the same answer for 24 hours.`,
  },
  tags: [{ name: 'bookings', description: 'Requests of mentees, decided by mentors' }],
};
