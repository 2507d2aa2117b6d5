import { createHmac, randomBytes } from 'node:crypto';

const PREFIX = 'whsec_';

/** 256 bits, in the format of Standard Webhooks. */
export const newSecret = (): string => PREFIX + randomBytes(32).toString('base64');

export type Signed = { readonly id: string; readonly body: string; readonly secret: string };

/** The three headers of https://www.standardwebhooks.com, `seconds` since 1970: a receiver rejects what is minutes old. */
export const signedHeaders = ({ id, body, secret }: Signed, seconds: number): Record<string, string> => {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}` };
};
