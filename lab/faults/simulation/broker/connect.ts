import type { ChannelModel, connect } from 'amqplib';
import type { Owner, Pipe } from '../clock/scheduler.ts';
import { createClient, type Client, type Frame } from './amqplib.ts';
import { createServerConnection } from './connection.ts';
import { receive } from './methods.ts';
import type { Broker, ServerConnection } from './types.ts';

/** One connection, for the code that breaks it. */
export type BrokerLink = {
  readonly owner: Owner | null;
  readonly server: ServerConnection;
  readonly client: Client;
  readonly model: ChannelModel;
  readonly toServer: Pipe;
  readonly toClient: Pipe;
};

type Network = { readonly broker: Broker; readonly owner: Owner | null; readonly links: Set<BrokerLink> };

const CONNECT_TIMEOUT_MS = 5_000;

/** amqplib's `connect`, against the simulated broker. */
export const connectFor = ({ broker, owner, links }: Network): typeof connect => {
  const { scheduler } = broker;
  const establish = (url: string, [toServer, toClient]: readonly [Pipe, Pipe]): ChannelModel => {
    const user = decodeURIComponent(new URL(url).username) || 'guest';
    let closed = false;
    const close = (): void => {
      closed = true;
      links.delete(link);
      toServer.push(server.gone);
    };
    // as in amqplib's own loop: any error of a frame closes the connection
    const deliver = (frames: Frame[]): void => {
      try {
        for (const frame of frames) if (!closed) client.accept(frame);
      } catch (error) {
        client.onSocketError(error as Error);
      }
    };
    const server = createServerConnection({
      broker,
      user,
      toServer,
      send: (frames) => toClient.push(() => deliver(frames)),
    });
    const { client, model } = createClient({ send: (frames) => toServer.push(() => receive(server, frames)), close });
    const link = { owner, server, client, model, toServer, toClient };
    links.add(link);
    return model;
  };
  return ((url: string) =>
    new Promise<ChannelModel>((resolve, reject) => {
      const pipes = [scheduler.pipe(null), scheduler.pipe(owner)] as const;
      let isGivenUp = false;
      const giveUp = (): void => {
        isGivenUp = true;
        reject(new Error('connect ETIMEDOUT'));
      };
      const patience = scheduler.timer(owner, CONNECT_TIMEOUT_MS, giveUp);
      const refused = (): void => reject(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }));
      const answer = (isDown: boolean) => (): void => {
        if (isGivenUp) return; // amqplib has closed the socket
        patience.run = null;
        if (isDown) refused();
        else resolve(establish(url, pipes));
      };
      pipes[0].push(() => pipes[1].push(answer(broker.isDown)));
    })) as typeof connect;
};

/** How many frames in flight still arrive, on either side. */
export type Surviving = { readonly toServer: number; readonly toClient: number };

/** The network breaks: some frames in flight arrive, then both sides see the connection closed. */
export const cutLink = ({ server, client, toServer, toClient }: BrokerLink, surviving: Surviving): void => {
  toServer.drop(surviving.toServer);
  toClient.drop(surviving.toClient);
  toServer.hold(0);
  toServer.push(server.gone);
  toClient.push(() => client.onSocketError(new Error('Unexpected close')));
};
