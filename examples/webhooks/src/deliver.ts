import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import { waitAfter } from './backoff.ts';
import { claimDue, leaveEndpoint, recordOutcome, type Delivery } from './deliveries.ts';
import { post } from './post.ts';
import { signedHeaders } from './signature.ts';

const AT_ONCE = 20;
const LOOK_EVERY_MS = 1_000;
const GONE = 410;

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

/** Never ends; any number of processes may do it side by side. */
export const deliverForEver = async (deliverer: Deliverer): Promise<never> => {
  for (;;) {
    const count = await deliverDue(deliverer).catch((error: unknown) => {
      console.error('deliveries wait:', String(error));
      return 0;
    });
    if (count < AT_ONCE) await pause(LOOK_EVERY_MS);
  }
};
