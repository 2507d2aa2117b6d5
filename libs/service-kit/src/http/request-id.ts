import { randomUUIDv7 } from 'node:crypto';

const sane = /^[\w.:@+=/-]{1,128}$/;

/** The caller's id if it can go into headers and logs as it is, else a new one. */
export const requestIdFrom = (header: string | string[] | undefined): string =>
  typeof header === 'string' && sane.test(header) ? header : randomUUIDv7();
