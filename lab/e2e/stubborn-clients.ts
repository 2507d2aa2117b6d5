import { Agent } from 'node:http';
import { asCaller, send } from '@mentor-sessions/lab/send';

type Sending = {
  readonly method: string;
  readonly path: string;
  readonly token: string;
  readonly body?: object;
};
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- what the answer holds, the test says
type Answered = { readonly status: number; readonly body: any };

const ask = async (url: string, agent: Agent, { method, path, token, body }: Sending): Promise<Answered> => {
  const headers = asCaller(token, body);
  const { status, text } = await send(url, path, { method, agent, headers, body: body && JSON.stringify(body) });
  return { status, body: JSON.parse(text) };
};

export type Clients = {
  readonly answered: Answered[];
  /** Requests that were sent and got no answer. */
  readonly failed: string[];
  /** Until no one listens any more, or the balancer has sent them elsewhere. */
  readonly done: Promise<void>;
  /** As a balancer does that sees this process is not ready: no further requests. */
  readonly leave: () => void;
};

/**
 * Clients that send one request after the other until their connection is refused: half of them keep their connection,
 * half take a new one each time. Refused before anything was sent is no failed request; all else without an answer is.
 */
export const stubbornClients = (url: string, count: number, next: () => Sending): Clients => {
  const answered: Answered[] = [];
  const failed: string[] = [];
  let hasLeft = false;
  const line = async (_: unknown, index: number): Promise<void> => {
    const keepAlive = index % 2 === 0;
    const agent = new Agent({ keepAlive, maxSockets: 1 });
    while (!hasLeft) {
      try {
        answered.push(await ask(url, agent, next()));
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code === 'ECONNREFUSED') return agent.destroy();
        failed.push(`${keepAlive ? 'kept' : 'new'} connection: ${code ?? message}`);
      }
    }
    agent.destroy();
  };
  const done = Promise.all(Array.from({ length: count }, line)).then(() => undefined);
  return { answered, failed, done, leave: () => void (hasLeft = true) };
};
