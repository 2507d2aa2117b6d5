import type { Pipe } from '../clock/scheduler.ts';
import { numberOf, type Frame } from './amqplib.ts';
import { createServerChannel } from './channel.ts';
import type { Broker, ServerConnection } from './types.ts';

type Ends = {
  readonly broker: Broker;
  readonly user: string;
  readonly toServer: Pipe;
  readonly send: (frames: Frame[]) => void;
};

export const createServerConnection = ({ broker, user, toServer, send }: Ends): ServerConnection => {
  const { scheduler, random } = broker;
  let open = true;
  const connection: ServerConnection = {
    broker,
    user,
    channels: new Map(),
    isOpen: () => open,
    blocked: false,
    send: (frames) => {
      if (open) send(frames);
    },
    sendMethod: (id, fields) => connection.send([{ channel: 0, id, fields }]),
    openChannel: (number) => {
      const channel = createServerChannel({
        number,
        send: connection.send,
        confirms: scheduler.pipe(null),
        random,
      });
      connection.channels.set(number, channel);
      return channel;
    },
    block: (blocked) => {
      if (connection.blocked === blocked) return;
      connection.blocked = blocked;
      toServer.hold(blocked ? Infinity : 0);
      if (blocked) connection.sendMethod(numberOf('ConnectionBlocked'), { reason: 'low on memory' });
      else connection.sendMethod(numberOf('ConnectionUnblocked'), {});
    },
    gone: () => {
      if (!open) return;
      open = false;
      broker.connections.delete(connection);
      for (const channel of connection.channels.values()) channel.release();
      connection.channels.clear();
    },
  };
  broker.connections.add(connection);
  return connection;
};
