import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { claimDue, leaveEndpoint, recordOutcome, type Delivery } from './deliveries.ts';
import { post } from './post.ts';
import { signedHeaders } from './signature.ts';

const AT_ONCE = 20;
const POLL_MS = 1_000;
const GONE = 410;

const [MINUTE, HOUR] = [60, 3_600];

/** Seconds after each attempt that failed, as Standard Webhooks advises: ten attempts within three days. */
const schedule = [5, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];

/** Otherwise all that failed in the same second would be retried in the same second. */
const JITTER = 0.2;

/** Seconds until the next attempt, later if the receiver asks for it (`Retry-After`, in seconds); null: give up. */
export const waitAfter = (attempts: number, retryAfter?: string): number | null => {
  const planned = schedule[attempts - 1];
  if (planned === undefined) return null;
  const asked = /^\d{1,5}$/.test(retryAfter ?? '') ? Number(retryAfter) : 0;
  return Math.max(planned * (1 + JITTER * Math.random()), asked);
};

type Deliverer = { readonly database: Pool; readonly trusted: readonly string[] };

const failed = (what: string, { attempts }: Delivery, retryAfter?: string) => ({
  what,
  isDelivered: false,
  waitSeconds: waitAfter(attempts, retryAfter),
});

const deliver = async ({ database, trusted }: Deliverer, delivery: Delivery): Promise<void> => {
  const { messageId: id, body, secret, url } = delivery;
  const headers = signedHeaders({ id, body, secret }, Math.floor(Date.now() / 1_000));
  const answer = await post(url, { headers, body, trusted }).catch((error: unknown) => String(error));
  if (typeof answer === 'string') return recordOutcome(database, delivery, failed(answer, delivery));
  const { status, retryAfter } = answer;
  if (status === GONE) return leaveEndpoint(database, delivery.endpointId);
  const isDelivered = status >= 200 && status < 300;
  const delivered = { what: String(status), isDelivered, waitSeconds: null };
  return recordOutcome(database, delivery, isDelivered ? delivered : failed(String(status), delivery, retryAfter));
};

const deliverDue = async (deliverer: Deliverer): Promise<number> => {
  const due = await claimDue(deliverer.database, AT_ONCE);
  await Promise.all(due.map((each) => deliver(deliverer, each)));
  return due.length;
};

/** Never returns; any number of processes may run it side by side. */
export const keepDelivering = async (deliverer: Deliverer): Promise<never> => {
  for (;;) {
    const count = await deliverDue(deliverer).catch((error: unknown) => {
      console.error('deliveries wait:', String(error));
      return 0;
    });
    if (count < AT_ONCE) await pause(POLL_MS);
  }
};
