import { randomUUIDv7 } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { ProblemError } from '../errors.ts';
import { corsHeadersFor } from './cors.ts';
import { malformedRequest, methodNotAllowed, PROBLEM_TYPE, problemDocument } from './problems.ts';
import { basePathOf } from './public-path.ts';

const problems: Readonly<Record<string, () => ProblemError>> = {
  HPE_HEADER_OVERFLOW: () => new ProblemError(431, 'headers-too-large', 'The header fields are too large.'),
  ERR_HTTP_REQUEST_TIMEOUT: () => new ProblemError(408, 'request-timeout', 'The request took too long to arrive.'),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: () =>
    new ProblemError(413, 'payload-too-large', 'The chunk extensions are too large.'),
};

/** Node's own field: the response that the connection is sending. */
type Answering = { readonly _httpMessage?: { readonly headersSent: boolean } | null };

/** As the app answers; see HttpAppOptions. */
export type BareOptions = { readonly publicUrl?: string | undefined; readonly corsOrigins?: readonly string[] };

/** With the bytes that Node could not parse. */
type ParserError = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

/** What Node's parser rejects never reaches the app: answered here, on the bare connection, which is then closed. */
export const answerBare = ({ publicUrl, corsOrigins = [] }: BareOptions) => {
  const base = basePathOf(publicUrl);
  const answer = (socket: Duplex, problem: ProblemError, origin: string | undefined): void => {
    const cors = corsOrigins.length > 0 ? { Vary: 'Origin', ...corsHeadersFor(corsOrigins, origin) } : {};
    answerAndClose(socket, rawResponse(problem, base, cors));
  };
  return {
    answerUnparsable: (error: ParserError, socket: Duplex): void => {
      const isMidResponse = (socket as Answering)._httpMessage?.headersSent === true;
      if (error.code === 'ECONNRESET' || !socket.writable || isMidResponse) return void socket.destroy();
      const problem = problems[error.code ?? '']?.() ?? malformedRequest('This is not a valid HTTP request.');
      const origin = /\norigin:[ \t]*(\S+)/i.exec(error.rawPacket?.toString('latin1') ?? '')?.[1];
      // where the header cannot be seen, a page of the first origin can at least read the answer; no other page can
      answer(socket, problem, origin ?? corsOrigins[0]);
    },
    refuseTunnel: ({ headers }: IncomingMessage, socket: Duplex): void => {
      socket.on('error', () => socket.destroy());
      answer(socket, methodNotAllowed(['GET', 'HEAD', 'PATCH', 'POST']), headers.origin);
    },
  };
};

// Closing while bytes are still arriving resets the connection and loses the response: read on for a moment.
const CLOSE_AFTER_MS = 1_000;

const answerAndClose = (socket: Duplex, response: string): void => {
  socket.end(response);
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), CLOSE_AFTER_MS).unref();
  socket.once('close', () => clearTimeout(timer));
};

const rawResponse = (problem: ProblemError, base: string, cors: Readonly<Record<string, string>>): string => {
  const requestId = randomUUIDv7();
  const text = JSON.stringify(problemDocument(problem, { base, requestId }));
  const headers = {
    'X-Request-Id': requestId,
    'Content-Type': PROBLEM_TYPE,
    'Content-Length': Buffer.byteLength(text),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
    ...cors,
    ...problem.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`, ...lines, '', text].join('\r\n');
};
