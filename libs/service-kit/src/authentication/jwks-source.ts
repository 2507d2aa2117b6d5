import { readFile } from 'node:fs/promises';

/** Where keys come from, and how often it may be asked (ms). */
export type JwksSource = {
  readonly load: () => Promise<string>;
  /** Older keys are refreshed in the background. */
  readonly maxAgeMs: number;
  /** An unknown key id asks at most once in this time, so that made-up ids cannot flood whoever publishes the keys. */
  readonly cooldownMs: number;
  /** After a failure; meanwhile answers come at once instead of after another timeout. */
  readonly failureCooldownMs: number;
};

const TIMEOUT_MS = 2_000;
const LARGEST = 256 * 1024;

export const jwksFromUrl = (url: string): JwksSource => ({
  load: () => download(url),
  maxAgeMs: 300_000,
  cooldownMs: 5_000,
  failureCooldownMs: 1_000,
});

export const jwksFromFile = (path: string): JwksSource => ({
  load: () => readFile(path, 'utf8'),
  maxAgeMs: 1_000,
  cooldownMs: 0,
  failureCooldownMs: 0,
});

const download = async (url: string): Promise<string> => {
  // A redirect could lead to keys of somebody else's.
  const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (answer.status !== 200) throw new Error(`the key set's address answered ${answer.status}`);
  return readBounded(answer);
};

const readBounded = async (answer: Response): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > LARGEST) throw new Error('the key set is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};
