/** What the use cases work on; http hands it through without looking inside. */
export type { SessionsDatabase } from '../database/database.ts';
