import { Agent, request } from 'node:http';
import type { Outcome } from '../evidence/history.ts';

export type HttpRequest = {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly token: string;
  readonly body?: object;
};
export type HttpAnswer = {
  readonly outcome: Outcome;
  readonly answer: string;
  /** Parsed, null when there was no readable answer. */
  readonly body: Record<string, unknown> | null;
  readonly text: string;
};
export type Http = { send(request: HttpRequest): Promise<HttpAnswer>; close(): void };

const PATIENCE_MS = 15_000;

const outcomeOf = (status: number, code: unknown): Outcome => {
  if (status < 300) return 'ok';
  if (status < 500 || (status === 503 && code === 'unavailable')) return 'fail'; // the api's promise: nothing was changed
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

const once = (url: string, agent: Agent, { method, path, token, body }: HttpRequest): Promise<HttpAnswer> => {
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) };
  const sending = request(url + path, { method, agent, headers, timeout: PATIENCE_MS }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
    response.on('end', () => resolve(read(response.statusCode ?? 0, Buffer.concat(chunks).toString())));
  });
  sending.on('timeout', () => sending.destroy(new Error('no answer in time')));
  sending.on('error', reject).end(body && JSON.stringify(body));
  return promise;
};

const broken = (outcome: Outcome, answer: string): HttpAnswer => ({ outcome, answer, body: null, text: '' });

/**
 * What a load balancer does: takes the instances in turn, and another one when a connection is refused, for then nothing
 * was sent. `urls` is asked at each request, for instances come and go.
 */
export const createHttp = (urls: () => readonly string[]): Http => {
  // what a burst needed is let go after it: an api that keeps it open is no api that leaks
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
