import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { placeholder } from './fresh.ts';
import type { Service } from '@mentor-sessions/local-stack/system';

export type { Service };
export type Tokens = { readonly mentor: string; readonly mentee: string };
type Example = {
  readonly as: keyof Tokens;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
  readonly isList?: true;
};

const inHours = (hours: number): string => new Date(Date.now() + hours * 3_600_000).toISOString();
const hour = { start: inHours(24), end: inHours(25) };
const request = { listingId: randomUUID(), mentorProfileId: randomUUID(), ...hour };
const newKey = { 'Idempotency-Key': placeholder };
const first = { 'If-Match': '"1"', ...newKey };
const second = { 'If-Match': '"2"', ...newKey };
const of = (path: string): string => path.replace('{id}', placeholder);

/** Callers and values for which a request succeeds, which the document cannot express. The tool varies the rest. */
const examples: Readonly<Record<Service, readonly Example[]>> = {
  bookings: [
    { as: 'mentee', method: 'POST', path: '/bookings', status: 201, body: request, headers: newKey },
    { as: 'mentee', method: 'GET', path: '/bookings', status: 200, isList: true },
    { as: 'mentee', method: 'GET', path: of('/bookings/{id}'), status: 200 },
    { as: 'mentee', method: 'GET', path: of('/bookings/{id}/history'), status: 200 },
    { as: 'mentor', method: 'PATCH', path: of('/bookings/{id}/accept'), status: 200, headers: first },
    { as: 'mentor', method: 'PATCH', path: of('/bookings/{id}/decline'), status: 200, headers: first },
    { as: 'mentee', method: 'PATCH', path: of('/bookings/{id}/cancel'), status: 200, headers: first },
  ],
  sessions: [
    { as: 'mentee', method: 'GET', path: '/sessions', status: 200, isList: true },
    { as: 'mentee', method: 'GET', path: of('/sessions/{id}'), status: 200 },
    { as: 'mentee', method: 'GET', path: of('/sessions/{id}/history'), status: 200 },
    { as: 'mentee', method: 'PATCH', path: of('/sessions/{id}/start'), status: 200, headers: first },
    { as: 'mentor', method: 'PATCH', path: of('/sessions/{id}/complete'), status: 200, headers: second },
  ],
};

/** `cursor`: one returned by the service; clients cannot construct one. */
type Given = { readonly tokens: Tokens; readonly cursor: string };

const contentOf = ({ as, method, path, status, body, isList, headers = {} }: Example, { tokens, cursor }: Given) => ({
  partial: {
    'http-request': {
      method,
      path,
      headers: {
        Authorization: `Bearer ${tokens[as]}`,
        ...headers,
        ...(body && { 'Content-Type': 'application/json' }),
      },
      ...(body && { body }),
      ...(isList && { query: { cursor } }),
    },
    'http-response': { status, body: {} },
  },
});

export const writeExamples = async (service: Service, { tokens, cursor }: Given, folder: string): Promise<void> => {
  await mkdir(folder, { recursive: true });
  for (const [n, example] of examples[service].entries())
    await writeFile(`${folder}/${n}.json`, JSON.stringify(contentOf(example, { tokens, cursor })));
};
