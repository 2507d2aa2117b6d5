import { Agent } from 'node:http';
import { asCaller, send } from '@mentor-sessions/lab/send';

type Sending = {
  readonly method: string;
  readonly path: string;
  readonly token: string;
  readonly body?: object;
};
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the test knows the type of the response
type Answered = { readonly status: number; readonly body: any };

const ask = async (url: string, agent: Agent, { method, path, token, body }: Sending): Promise<Answered> => {
  const headers = asCaller(token, body);
  const { status, text } = await send(url, path, { method, agent, headers, body: body && JSON.stringify(body) });
  return { status, body: JSON.parse(text) };
};

/**
 * Clients that send one request after the other until a connection is refused: half of them keep their connection alive,
 * half open one for each request. A refused connection is no failure, since nothing was sent; any other request without a response is.
 */
export const stubbornClients = (url: string, count: number, next: () => Sending) => {
  const answered: Answered[] = [];
  /** Requests that were sent and got no response. */
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
  /** Until nothing listens any more, or the load balancer has moved them. */
  const done = Promise.all(Array.from({ length: count }, line));
  /** Like a load balancer that has seen the process unready: no further requests. */
  const leave = (): void => void (hasLeft = true);
  return { answered, failed, done, leave };
};

export type Clients = ReturnType<typeof stubbornClients>;
