import { Agent } from 'node:http';
import { asCaller, send } from '@mentor-sessions/lab/send';
import type { Outcome, Action, History, Operation } from '../evidence/history.ts';
import type { Person } from './people.ts';

type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly token: string;
  readonly body?: object;
};
export type HttpAnswer = {
  readonly outcome: Outcome;
  readonly answer: string;
  /** Parsed; null without a readable response. */
  readonly body: Record<string, unknown> | null;
  readonly text: string;
};
export type Http = { send(request: HttpRequest): Promise<HttpAnswer>; close(): void };

const PATIENCE_MS = 15_000;

const outcomeOf = (status: number, code: unknown): Outcome => {
  if (status < 300) return 'ok';
  if (status < 500 || (status === 503 && code === 'unavailable')) return 'fail'; // the API guarantees that nothing was changed
  return 'info';
};

const jsonOf = (text: string): Record<string, unknown> | null => {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
};

const read = (status: number, text: string): HttpAnswer => {
  const body = jsonOf(text);
  const code = status >= 400 ? (body?.['code'] as string | undefined) : undefined;
  return { outcome: outcomeOf(status, code), answer: code ? `${status} ${code}` : `${status}`, body, text };
};

const once = async (url: string, agent: Agent, { method, path, token, body }: HttpRequest): Promise<HttpAnswer> => {
  const sent = { method, agent, headers: asCaller(token, body), body: body && JSON.stringify(body) };
  const { status, text } = await send(url, path, { ...sent, patience: PATIENCE_MS });
  return read(status, text);
};

const broken = (outcome: Outcome, answer: string): HttpAnswer => ({ outcome, answer, body: null, text: '' });

/**
 * A load balancer: takes the instances in turn, and another one if a connection is refused, since then nothing
 * was sent. `urls` is called for each request.
 */
export const createHttp = (urls: () => readonly string[]): Http => {
  // connections of a burst are closed after it; otherwise the API would seem to leak them
  const agent = new Agent({ keepAlive: true, maxSockets: 64, maxFreeSockets: 8 });
  let turn = 0;
  const send = async (wanted: HttpRequest): Promise<HttpAnswer> => {
    const instances = urls();
    const first = turn++;
    for (const attempt of instances.keys()) {
      const url = instances[(first + attempt) % instances.length] as string;
      try {
        return await once(url, agent, wanted);
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code !== 'ECONNREFUSED') return broken('info', code ?? message);
      }
    }
    return broken('fail', 'refused');
  };
  return { send, close: () => agent.destroy() };
};

export type Apis = { readonly bookings: Http; readonly sessions: Http };
type Aggregate = Operation['aggregate'];
type Question = {
  readonly action: Action;
  readonly aggregate: Aggregate;
  readonly id: string | null;
  readonly body?: object;
};

const paths = { booking: '/bookings', session: '/sessions' };

const requestOf = ({ action, aggregate, id, body }: Question, token: string) => {
  if (action === 'create') return { method: 'POST' as const, path: paths[aggregate], token, ...(body && { body }) };
  const path = `${paths[aggregate]}/${id}`;
  return action === 'read'
    ? { method: 'GET' as const, path, token }
    : { method: 'PATCH' as const, path: `${path}/${action}`, token };
};

const statusOf = ({ body }: HttpAnswer): string | null => {
  const status = body?.['currentStatus'] ?? body?.['status'];
  return typeof status === 'string' ? status : null;
};

const stack = /\bat .+:\d+:\d+\)?/;

/** Sends requests and records them with their outcome in the history; `leaks` gets responses with a stack trace. */
export const createAsking = (apis: Apis, history: History, leaks: string[]) => {
  return async (person: Person, question: Question): Promise<HttpAnswer> => {
    const { action, aggregate, id } = question;
    const end = history.invoke({
      action,
      aggregate,
      id,
      actor: person.userId,
      mentorProfileId: person.mentorProfileId,
    });
    const answer = await apis[aggregate === 'booking' ? 'bookings' : 'sessions'].send(
      requestOf(question, person.token),
    );
    if (stack.test(answer.text)) leaks.push(`an answer shows a stack: ${answer.text}`);
    const { outcome } = answer;
    const made = action === 'create' && outcome === 'ok' ? { id: answer.body?.['id'] as string } : {};
    end({ outcome, answer: answer.answer, status: statusOf(answer), ...made });
    return answer;
  };
};
export type Asking = ReturnType<typeof createAsking>;
