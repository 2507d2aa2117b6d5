/** Owns the database and everything in it, runs the migrations; no process that serves requests logs in with it. */
export const ownerRole = 'bookings_owner';

/** What the service logs in with: owns nothing, and may do what the migrations grant. */
export const appRole = 'bookings_app';

/** What operators' tools log in with: reads what tells how things are, and acts through functions that record who and why. */
export const operatorRole = 'bookings_operator';

/** Reads what reports are made of, and nothing that is private; one name in both databases. */
export const reportsRole = 'reports';

/** What the role `retention` logs in with: may remove what is old, by functions, and nothing else. */
export const retentionRole = 'bookings_retention';
