import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loopback } from '@mentor-sessions/local-stack/ports';

/** An HTTP server for a test, on a free port. */
export const serve = async (answer: RequestListener) => {
  const server = createServer(answer);
  await once(server.listen(0, loopback), 'listening');
  return {
    server,
    url: `http://${loopback}:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};
