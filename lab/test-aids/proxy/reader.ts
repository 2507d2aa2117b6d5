import { createAmqpReader } from './amqp.ts';
import type { FrameReader, ProxyProtocol } from './framer.ts';
import { createPostgresReader } from './postgres.ts';

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
