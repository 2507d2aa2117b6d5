import { startBackingServices, type Backing, type Controllable } from '@mentor-sessions/local-stack/backing';
import { openTcpProxy, targetOf } from './proxy/tcp-proxy.ts';

type InFront = Controllable & { readonly url: string; close(): Promise<void> };

/** For its clients, a server whose connections are cut and refused has stopped. */
const behindProxy = async (url: string, defaultPort: number): Promise<InFront> => {
  const proxy = await openTcpProxy({ target: targetOf(url, defaultPort) });
  const stop = async (): Promise<void> => {
    proxy.refuse();
    proxy.reset();
  };
  return { url: proxy.through(url), stop, kill: stop, start: async () => proxy.heal(), close: () => proxy.close() };
};

/** Servers for a test that stops and starts them; external ones are "stopped" by a proxy in front of each. */
export const startPrivateBacking = async (say: (line: string) => void = () => undefined): Promise<Backing> => {
  const backing = await startBackingServices({ say });
  if (backing.kind !== 'external') return backing;
  const postgres = await behindProxy(backing.postgres.adminUrl, 5432);
  const broker = await behindProxy(backing.broker.amqpUrl, 5672);
  return {
    ...backing,
    postgres: { ...postgres, adminUrl: postgres.url },
    broker: { ...backing.broker, ...broker, amqpUrl: broker.url },
    stop: async () => {
      await postgres.close();
      await broker.close();
    },
  };
};
