import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Duplex } from 'node:stream';
import type { ChannelModel } from 'amqplib';

/*
 * The client side of the simulated broker is amqplib itself: its ChannelModel, its channels and the state machine of its
 * connection. Only the encoding of methods as bytes is left out.
 */

export type Fields = Record<string, unknown>;
/** A method, a content header (`BasicProperties`) or a content frame, as amqplib decodes it. */
export type Frame = { channel: number; id?: number; fields?: Fields; size?: number; content?: Buffer };

type Slot = { readonly channel: { accept(frame: Frame): void } };

/** The parts of amqplib's lib/connection.js that are used here. */
export type Client = {
  channels: (Slot | null)[];
  channelMax: number;
  accept(frame: Frame): void;
  onSocketError(error: Error): void;
  toClosed(stack: string, error?: Error): void;
  emit(event: string, ...args: unknown[]): void;
};

const require = createRequire(import.meta.url);
const lib = join(dirname(require.resolve('amqplib')), 'lib'); // amqplib exports only its public API
const load = <T>(file: string): T => require(join(lib, file)) as T;

const { Connection } = load<{ Connection: new (stream: Duplex) => Client }>('connection.js');
const { ChannelModel: Model } = load<{ ChannelModel: new (connection: Client) => ChannelModel }>('channel_model.js');

/** A table as on the wire: amqplib uses the caller's object as the prototype of its own. */
export const tableOf = (value: unknown): Fields => {
  const table: Fields = {};
  for (const name in value as Fields) if ((value as Fields)[name] !== undefined) table[name] = (value as Fields)[name];
  return table;
};

const defs = load<Readonly<Record<string, number>>>('defs.js');

/** The number of a method. */
export const numberOf = (name: string): number => defs[name] as number;

/** What the client does with the wire. */
export type ClientWire = { send(frames: Frame[]): void; close(): void };

/** A minimal socket that can be destroyed. */
const socket = (onDestroyed: (error: Error) => void): Duplex => {
  const stub = Object.create(Duplex.prototype) as Duplex;
  let gone = false;
  const destroy = (error: Error): Duplex => {
    if (!gone) queueMicrotask(() => onDestroyed(error));
    gone = true;
    return stub;
  };
  return Object.assign(stub, { destroy, on: () => stub, end: () => stub });
};

class SimulatedConnection extends Connection {
  readonly wire: ClientWire;

  constructor(wire: ClientWire) {
    super(socket((error) => this.onSocketError(error)));
    this.wire = wire;
    this.channelMax = 2_047;
  }

  override accept(frame: Frame): void {
    this.channels[frame.channel]?.channel.accept(frame);
  }

  override toClosed(stack: string, error?: Error): void {
    super.toClosed(stack, error);
    this.wire.close();
  }

  sendMethod(channel: number, id: number, fields: Fields): boolean {
    this.wire.send([{ channel, id, fields }]);
    return true;
  }

  sendMessage(
    channel: number,
    id: number,
    fields: Fields,
    header: number,
    properties: Fields,
    content: Buffer,
  ): boolean {
    const headerFrame = { channel, id: header, fields: properties, size: content.length };
    this.wire.send([{ channel, id, fields }, headerFrame, ...(content.length > 0 ? [{ channel, content }] : [])]);
    return true;
  }

  freshChannel(channel: Slot['channel']): number {
    let number = 1;
    while (this.channels[number]) number += 1;
    this.channels[number] = { channel };
    return number;
  }

  releaseChannel(number: number): void {
    this.channels[number] = null;
  }
}

export const createClient = (wire: ClientWire): { client: Client; model: ChannelModel } => {
  const client = new SimulatedConnection(wire);
  return { client, model: new Model(client) };
};

type Rpc = {
  _rpc(method: number, fields: Fields, expect: number, cb: (error: Error | null, frame: Frame) => void): void;
};

/** amqplib calls util.promisify for each call, which took a fifteenth of the simulation's time. */
export const callFaster = (): void => {
  const { Channel } = load<{ Channel: { prototype: Rpc & { rpc: unknown } } }>('channel_model.js');
  Channel.prototype.rpc = function (this: Rpc, method: number, fields: Fields, expect: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this._rpc(method, fields, expect, (error, frame) => (error ? reject(error) : resolve(frame.fields)));
    });
  };
};
