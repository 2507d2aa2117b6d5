// Who gets which answer, from the rules of the domain and the order of checks alone: 401, 404, 403, 412, 409.
// The nine actors are columns; a line stands for each of its requests in each of its states.

/** If-Match: `-` none, `fresh` the session's version, `stale` another. */
export const ofOneSession = `
request  | If-Match | state                             | nobody | expired | mentor | mentee | other mentor | other mentee | stranger | mentor as mentee | mentee as mentor
get      | -        | absent                            | 401    | 401     | 404    | 404    | 404          | 404          | 404      | 404              | 404
get      | -        | scheduled, in_progress, completed | 401    | 401     | 200    | 200    | 403          | 403          | 403      | 403              | 403
history  | -        | absent                            | 401    | 401     | 404    | 404    | 404          | 404          | 404      | 404              | 404
history  | -        | scheduled, in_progress, completed | 401    | 401     | 200    | 200    | 403          | 403          | 403      | 403              | 403
start    | -, fresh, stale | absent                     | 401    | 401     | 404    | 404    | 404          | 404          | 404      | 404              | 404
start    | -, fresh | scheduled                         | 401    | 401     | 200    | 200    | 403          | 403          | 403      | 403              | 403
start    | stale    | scheduled                         | 401    | 401     | 412    | 412    | 403          | 403          | 403      | 403              | 403
start    | -, fresh | in_progress, completed            | 401    | 401     | 409    | 409    | 403          | 403          | 403      | 403              | 403
start    | stale    | in_progress, completed            | 401    | 401     | 412    | 412    | 403          | 403          | 403      | 403              | 403
complete | -, fresh, stale | absent                     | 401    | 401     | 404    | 404    | 404          | 404          | 404      | 404              | 404
complete | -, fresh | in_progress                       | 401    | 401     | 200    | 403    | 403          | 403          | 403      | 403              | 403
complete | stale    | in_progress                       | 401    | 401     | 412    | 403    | 403          | 403          | 403      | 403              | 403
complete | -, fresh | scheduled, completed              | 401    | 401     | 409    | 403    | 403          | 403          | 403      | 403              | 403
complete | stale    | scheduled, completed              | 401    | 401     | 412    | 403    | 403          | 403          | 403      | 403              | 403
`;

/** What of the sessions between mentor and mentee, and between the other two, is in the caller's list. */
export const lists = `
request           | nobody | expired | mentor | mentee | other mentor | other mentee | stranger | mentor as mentee | mentee as mentor
list              | 401    | 401     | theirs | theirs | others       | others       | others   | none             | none
list as mentor    | 401    | 401     | theirs | none   | others       | none         | others   | none             | none
list as mentee    | 401    | 401     | none   | theirs | none         | others       | none     | none             | none
`;
