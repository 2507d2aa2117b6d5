import { setTimeout as pause } from 'node:timers/promises';
import { connect, type Socket } from 'node:net';
import type { ChannelModel } from 'amqplib';

/** Polls until `isSo` returns true. The interval is short enough for a measurement and too long to affect it. False: timed out. */
export const until = async (
  isSo: () => Promise<boolean> | boolean,
  withinMs: number,
  everyMs = 10,
): Promise<boolean> => {
  const deadline = performance.now() + withinMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) return false;
    await pause(everyMs);
  }
  return true;
};

/** Calls `act` at a steady rate, whether or not earlier calls have finished (no coordinated omission). */
export const atRate = async (perSecond: number, count: number, act: (n: number) => Promise<void>): Promise<void> => {
  const began = performance.now();
  const acting: Promise<void>[] = [];
  for (let n = 0; n < count; n++) {
    const wait = began + (n * 1_000) / perSecond - performance.now();
    if (wait > 0) await pause(wait);
    acting.push(act(n));
  }
  await Promise.all(acting);
};

/** Consumes a queue and records when (performance.now) each message arrived, by its id. */
export const watchArrivals = async (broker: ChannelModel, queue: string) => {
  const arrivedAt = new Map<string, number>();
  const channel = await broker.createChannel();
  await channel.consume(
    queue,
    (message) => {
      if (message) arrivedAt.set(message.properties.messageId, performance.now());
    },
    { noAck: true },
  );
  return { arrivedAt, close: () => channel.close() };
};

const nextAnswer = (socket: Socket): Promise<number> =>
  new Promise((resolve, reject) => {
    let text = '';
    const onClose = (): void => reject(new Error('the connection was closed'));
    if (socket.destroyed) return onClose();
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      if (head === -1) return;
      const [, length = 0] = /\r\ncontent-length: (\d+)/i.exec(text) ?? [];
      if (text.length < head + 4 + Number(length)) return;
      socket.off('data', onData).off('error', reject).off('close', onClose);
      resolve(Number(text.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)));
    };
    socket.on('data', onData).once('error', reject).once('close', onClose);
  });

/**
 * A keep-alive connection that sends raw requests one after the other; any status but 200 is an error. Node's own client
 * costs more than most servers do and would dominate the measurement.
 */
export const openConnection = (url: string) => {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const status = (request: string): Promise<number> => {
    const answer = nextAnswer(socket);
    socket.write(request);
    return answer;
  };
  return {
    ask: async (request: string): Promise<void> => {
      const got = await status(request);
      if (got !== 200) throw new Error(`answered ${got}: ${request.split('\r\n', 1)[0]}`);
    },
    /** Any status. */
    status,
    close: (): void => void socket.destroy(),
  };
};

/**
 * Sends the requests over that many connections as fast as they are answered; returns the latency of each (ms). Over several
 * servers the connections are spread evenly. With `refused`, a status other than 200 is passed to it instead of thrown.
 */
export const load = async (
  urls: string | readonly string[],
  requests: readonly string[],
  connections: number,
  refused?: (request: string, status: number) => void,
): Promise<number[]> => {
  const latencies: number[] = [];
  const waiting = requests.values();
  const servers = [urls].flat();
  const oneConnection = async (_: unknown, n: number): Promise<void> => {
    const connection = openConnection(servers[n % servers.length] as string);
    try {
      for (const request of waiting) {
        const began = performance.now();
        const status = await connection.status(request);
        if (status === 200) latencies.push(performance.now() - began);
        else if (refused) refused(request, status);
        else throw new Error(`answered ${status}: ${request.split('\r\n', 1)[0]}`);
      }
    } finally {
      connection.close();
    }
  };
  await Promise.all(Array.from({ length: connections }, oneConnection));
  return latencies;
};

export const getRequest = (path: string, token: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`;

export const patchRequest = (path: string, token: string, key?: string): string => {
  const idempotency = key === undefined ? '' : `Idempotency-Key: ${key}\r\n`;
  return `PATCH ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n${idempotency}Content-Length: 0\r\n\r\n`;
};
