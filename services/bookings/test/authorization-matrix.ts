// Who gets which answer, from the rules of the domain and the order of checks alone: 401, 404, 403, 412, 409.
// The nine actors are columns; a line stands for each of its requests in each of its states.

/** If-Match: `-` none, `fresh` the booking's version, `stale` another. */
export const ofOneBooking = `
request | If-Match | state                                | nobody | expired | mentor | mentee | other mentor | other mentee | stranger | mentor as mentee | mentee as mentor
get     | -        | absent                               | 401    | 401     | 404    | 404    | 404          | 404          | 404      | 404              | 404
get     | -        | draft, accepted, declined, cancelled | 401    | 401     | 200    | 200    | 403          | 403          | 403      | 403              | 403
history | -        | absent                               | 401    | 401     | 404    | 404    | 404          | 404          | 404      | 404              | 404
history | -        | draft, accepted, declined, cancelled | 401    | 401     | 200    | 200    | 403          | 403          | 403      | 403              | 403
accept  | -, fresh, stale | absent                        | 401    | 401     | 404    | 404    | 404          | 404          | 404      | 404              | 404
accept  | -, fresh | draft                                | 401    | 401     | 200    | 403    | 403          | 403          | 403      | 403              | 403
accept  | stale    | draft                                | 401    | 401     | 412    | 403    | 403          | 403          | 403      | 403              | 403
accept  | -, fresh | accepted, declined, cancelled        | 401    | 401     | 409    | 403    | 403          | 403          | 403      | 403              | 403
accept  | stale    | accepted, declined, cancelled        | 401    | 401     | 412    | 403    | 403          | 403          | 403      | 403              | 403
decline | -, fresh, stale | absent                        | 401    | 401     | 404    | 404    | 404          | 404          | 404      | 404              | 404
decline | -, fresh | draft                                | 401    | 401     | 200    | 403    | 403          | 403          | 403      | 403              | 403
decline | stale    | draft                                | 401    | 401     | 412    | 403    | 403          | 403          | 403      | 403              | 403
decline | -, fresh | accepted, declined, cancelled        | 401    | 401     | 409    | 403    | 403          | 403          | 403      | 403              | 403
decline | stale    | accepted, declined, cancelled        | 401    | 401     | 412    | 403    | 403          | 403          | 403      | 403              | 403
cancel  | -, fresh, stale | absent                        | 401    | 401     | 404    | 404    | 404          | 404          | 404      | 404              | 404
cancel  | -, fresh | draft                                | 401    | 401     | 403    | 200    | 403          | 403          | 403      | 403              | 403
cancel  | stale    | draft                                | 401    | 401     | 403    | 412    | 403          | 403          | 403      | 403              | 403
cancel  | -, fresh | accepted, declined, cancelled        | 401    | 401     | 403    | 409    | 403          | 403          | 403      | 403              | 403
cancel  | stale    | accepted, declined, cancelled        | 401    | 401     | 403    | 412    | 403          | 403          | 403      | 403              | 403
`;

/** Of the mentor's profile, for the caller; no one books themself: 400, which comes before 403. */
export const creation = `
request | nobody | expired | mentor | mentee | other mentor | other mentee | stranger | mentor as mentee | mentee as mentor
create  | 401    | 401     | 400    | 201    | 403          | 201          | 201      | 400              | 403
`;

/** What of the bookings between mentor and mentee, and between the other two, is in the caller's list. */
export const lists = `
request           | nobody | expired | mentor | mentee | other mentor | other mentee | stranger | mentor as mentee | mentee as mentor
list              | 401    | 401     | theirs | theirs | others       | others       | others   | none             | none
list as mentor    | 401    | 401     | theirs | none   | others       | none         | others   | none             | none
list as mentee    | 401    | 401     | none   | theirs | none         | others       | none     | none             | none
`;
