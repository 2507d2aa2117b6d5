import { connect } from 'node:net';

export type Spoken = { readonly text: string; readonly ms: number };

/** Bytes as they are on a connection of its own; what came back until it was closed, or until nobody said anything for `patience`. */
export const speak = (url: string, bytes: string | Uint8Array, patience = 1_500): Promise<Spoken> => {
  const { promise, resolve } = Promise.withResolvers<Spoken>();
  const began = performance.now();
  let text = '';
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname, () => socket.write(bytes));
  socket.setTimeout(patience, () => socket.destroy());
  socket.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => undefined).on('close', () => resolve({ text, ms: performance.now() - began }));
  return promise;
};

export const statusesOf = ({ text }: Spoken): number[] =>
  [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status));
