import type { IncomingMessage } from 'node:http';
import { ProblemError, ValidationFailed } from '../errors.ts';

const LARGEST = 64 * 1024;

/** The connection is gone; there is no one to answer. */
export class ClientGone extends Error {}

/**
 * The parsed body, or undefined. Checked in the promised order: 413, 415, 400. By hand because express.json skips a body of
 * another type before it is too large, accepts invalid UTF-8, and reads a refused body to its end before it answers.
 */
export const readJson = async (request: IncomingMessage): Promise<unknown> => {
  if (!hasBody(request)) return undefined;
  const bytes = await readBytes(request);
  if (bytes.length === 0) return undefined;
  // this header says that it is the compression that is not supported (RFC 9110 §15.5.16)
  if (!isPlain(request)) throw unsupported({ 'Accept-Encoding': 'identity' });
  if (!isJson(request)) throw unsupported();
  return parse(bytes);
};

// RFC 9112 §6.3: without either header there is no body.
const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

const tooLarge = () => new ProblemError(413, 'payload-too-large', `The body is larger than ${LARGEST} bytes.`);

const unsupported = (headers: Readonly<Record<string, string>> = {}) => {
  const detail = 'The body must be uncompressed application/json in UTF-8.';
  return new ProblemError(415, 'unsupported-media-type', detail, { headers });
};

// Beyond the limit nothing is kept, but Node reads on after the response: closing at once would cut it off.
const readBytes = (request: IncomingMessage): Promise<Buffer> => {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  if (Number(request.headers['content-length'] ?? 0) > LARGEST) return Promise.reject(tooLarge());
  const chunks: Buffer[] = [];
  let size = 0;
  const onData = (chunk: Buffer): void => {
    size += chunk.length;
    if (size <= LARGEST) return void chunks.push(chunk);
    request.off('data', onData);
    reject(tooLarge());
  };
  request.on('data', onData);
  request.once('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
  request.once('error', () => reject(new ClientGone()));
  request.once('close', () => request.complete || reject(new ClientGone()));
  return promise;
};

const isJson = ({ headers }: IncomingMessage): boolean => {
  const [type, ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters
    .map((parameter) => /^\s*charset\s*=\s*"?([^"]*?)"?\s*$/.exec(parameter)?.[1])
    .find(Boolean);
  return type?.trim() === 'application/json' && ['utf-8', 'utf8'].includes(charset ?? 'utf-8');
};

const isPlain = ({ headers }: IncomingMessage): boolean =>
  ['', 'identity'].includes((headers['content-encoding'] ?? '').trim().toLowerCase());

const utf8 = new TextDecoder('utf-8', { fatal: true });

const parse = (bytes: Buffer): unknown => {
  let body: unknown;
  let text: string;
  try {
    text = utf8.decode(bytes);
    body = JSON.parse(text);
  } catch {
    throw new ProblemError(400, 'malformed-json', 'The body is not valid JSON in UTF-8.');
  }
  if (/__proto__|\\u00/.test(text)) refuseProto(body);
  return body;
};

// Harmless as an own key, but schemas drop it silently, and a later copy of the object might not.
const refuseProto = (body: unknown): void => {
  const open = [body];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value !== 'object' || value === null) continue;
    if (Object.hasOwn(value, '__proto__'))
      throw new ValidationFailed([{ path: 'body', message: '"__proto__" is not allowed as a name', code: 'unknown' }]);
    open.push(...(Object.values(value) as unknown[]));
  }
};
