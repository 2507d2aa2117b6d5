import { createAmqpReader } from './amqp-frames.ts';
import type { FrameReader, ProxyProtocol } from './frames.ts';
import { createPostgresReader } from './postgres-frames.ts';

const readsNothing: FrameReader = () => [];

export const createFrameReader = (protocol: ProxyProtocol): FrameReader => {
  switch (protocol) {
    case 'amqp':
      return createAmqpReader();
    case 'postgres':
      return createPostgresReader();
    case 'opaque':
      return readsNothing;
  }
};
