import { connect } from 'node:net';
import { inTurns } from '../part.ts';
import type { Attack } from './generated.ts';
import { malformed, smuggling } from './corpus/raw-requests.ts';
import { changes } from './http-world.ts';
import { inside } from './judge.ts';

type Spoken = { readonly text: string; readonly ms: number };

/** Sends bytes on a connection of its own; returns what was received until it was closed or silent for `patience`. */
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

const statusesOf = ({ text }: Spoken): number[] =>
  [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status));

const smuggled = /"instance":"\/smuggled"/;

/** The responses on one connection must be problem documents, at most `most` of them. */
const faultsOf = (name: string, spoken: Spoken): string[] => {
  const statuses = statusesOf(spoken);
  const problems = spoken.text.split('Content-Type: application/problem+json').length - 1;
  const seen = `${name}: ${spoken.text.slice(0, 300)}`;
  return [
    ...(statuses.some((status) => status < 400 || status >= 500) ? [`not refused: ${seen}`] : []),
    ...(problems < statuses.length ? [`no problem document: ${seen}`] : []),
    ...(inside.test(spoken.text) ? [`shows our inside: ${seen}`] : []),
  ];
};

/** Slow and incomplete requests are answered 408 after their timeout, and other requests are not affected. */
const slow = (authorization: string, path: string): Readonly<Record<string, string>> => ({
  'headers that never end': 'GET / HTTP/1.1\r\nHost: h\r\nX-',
  'a line that never ends': 'GE',
  'a body cut short': `POST ${path} HTTP/1.1\r\nHost: h\r\n${authorization}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"a":`,
  'a chunk cut short': `POST ${path} HTTP/1.1\r\nHost: h\r\n${authorization}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"a":`,
});
const PATIENCE_MS = 15_000;

export const rawSockets: Attack = async (world) => {
  const { path } = changes[0]!;
  const authorization = `Authorization: Bearer ${world.tokens.mentee}`;
  const { url } = world.apis.bookings;
  const hiding = smuggling({ authorization, path });
  const broken = malformed({ authorization, path });
  // the first two need 5 s, the others 10
  const endless = Object.entries(slow(authorization, path)).slice(0, world.size === 'full' ? 4 : 2);
  const waiting = endless.map(async ([name, bytes]) => {
    const spoken = await speak(url, bytes, PATIENCE_MS);
    if (!statusesOf(spoken).includes(408))
      world.fault(`${name}: ${spoken.text.slice(0, 200)} after ${Math.round(spoken.ms)} ms`);
    for (const fault of faultsOf(name, spoken)) world.fault(fault);
  });
  const ended: string[] = [];
  await inTurns([...hiding, ...broken], 8, async ({ name, bytes }) => {
    const spoken = await speak(url, bytes);
    // without a response the parser has closed the connection, which is a refusal too
    for (const fault of faultsOf(name, spoken)) if (!/an asterisk/.test(name)) world.fault(fault);
    if (hiding.some((request) => request.name === name) && smuggled.test(spoken.text))
      world.fault(`smuggled: ${name}: ${spoken.text.slice(0, 400)}`);
    ended.push(name);
  });
  await Promise.all(waiting);
  return `${hiding.length} ways to smuggle, ${broken.length} broken requests, ${endless.length} that never end (408)`;
};
