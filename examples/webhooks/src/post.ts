import { request as plain } from 'node:http';
import { request as secure } from 'node:https';
import { assertPublic, publicLookup } from './public-address.ts';

const TIMEOUT_MS = 15_000;

export type Answer = { readonly status: number; readonly retryAfter: string | undefined };

export type PostOptions = {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** `host:port` of receivers on this machine, for development: plain HTTP and any address. */
  readonly trusted: readonly string[];
};

/** Follows no redirect and reads no body: the status is all that counts. Throws without an answer in 15 s, and for an address inside. */
export const post = async (to: string, { headers, body, trusted }: PostOptions): Promise<Answer> => {
  const url = new URL(to);
  const isTrusted = trusted.includes(url.host);
  if (!isTrusted) assertPublic(url);
  const send = url.protocol === 'http:' ? plain : secure;
  const options = { method: 'POST', headers: { ...headers, 'content-type': 'application/json' } };
  const guard = isTrusted ? {} : { lookup: publicLookup };
  return new Promise((resolve, reject) => {
    const request = send(url, { ...options, ...guard, signal: AbortSignal.timeout(TIMEOUT_MS) }, (response) => {
      resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] });
      response.destroy();
    });
    request.on('error', reject).end(body);
  });
};
