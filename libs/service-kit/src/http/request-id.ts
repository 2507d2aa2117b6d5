import { randomUUIDv7 } from 'node:crypto';

const sane = /^[\w.:@+=/-]{1,128}$/;

/** The caller's id if it can go into headers and logs as it is, else a new one. */
export const requestIdFrom = (header: string | string[] | undefined): string =>
  typeof header === 'string' && sane.test(header) ? header : randomUUIDv7();

const version0 = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The caller's trace (https://www.w3.org/TR/trace-context/#traceparent-header), to be passed on with what it causes. */
export const traceparentFrom = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' && version0.test(header) ? header : undefined;
