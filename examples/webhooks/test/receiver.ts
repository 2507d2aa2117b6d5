import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export type Received = { readonly headers: Record<string, string>; readonly body: string };

/** Someone else's HTTP server; answers what `answerWith` said last. */
export const openReceiver = async () => {
  let answer: { status: number; headers?: Record<string, string> } = { status: 204 };
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { headers }: { headers: IncomingHttpHeaders } = request;
      received.push({ headers: headers as Record<string, string>, body: Buffer.concat(chunks).toString() });
      response.writeHead(answer.status, answer.headers).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    received,
    answerWith: (status: number, headers = {}) => void (answer = { status, headers }),
    close: () => server.close(),
  };
};
