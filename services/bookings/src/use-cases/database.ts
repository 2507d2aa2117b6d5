/** What the use cases work on; http hands it through without looking inside. */
export type { BookingsDatabase } from '../database/database.ts';
