import { randomUUID } from 'node:crypto';
import { createServer, request } from 'node:http';
import type { Server } from 'node:http';

/** Stands for the thing that a request is to change; the next fresh one takes its place on the way. */
export const placeholder = '01980000-0000-7000-8000-0000000000ff';

/**
 * A tool asks for the same transition many times, and each is possible once: between the tool and the api the placeholder
 * becomes the id of one that has not been changed yet, and as an Idempotency-Key one that was never used. Nothing else is
 * touched, neither question nor answer.
 */
export const freshIds = async (
  api: string,
  next: (path: string) => string,
): Promise<{ url: string; server: Server }> => {
  const { hostname, port } = new URL(api);
  const server = createServer((incoming, outgoing) => {
    const { method, headers, url = '/' } = incoming;
    const path = url.includes(placeholder) ? url.replace(placeholder, next(url)) : url;
    if (headers['idempotency-key'] === placeholder) headers['idempotency-key'] = randomUUID();
    const asked = request({ hostname, port, path, method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    asked.on('error', () => outgoing.destroy());
    incoming.pipe(asked);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: own } = server.address() as { port: number };
  return { url: `http://127.0.0.1:${own}`, server };
};
