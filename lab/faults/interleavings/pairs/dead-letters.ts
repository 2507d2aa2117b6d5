import { randomUUID } from 'node:crypto';
import { storeDeadLetter, type DeadLetter } from '../../../../libs/messaging/src/inbox/dead-letters.ts';
import type { Scenario } from '../explore.ts';
import type { Act } from '../interleave.ts';
import { consume } from './consumers.ts';
import { poisonDelivery } from './messages.ts';

const letters = {
  name: 'rows-of-dead-letters',
  text: `select to_jsonb(d) - 'id' - 'body' - 'fingerprint' as letter from dead_letters d
    where message_id = $1 order by resolved_at nulls last`,
};

/** The same poison, stored by several consumers at once, each with its number of attempts. */
export const keepers =
  (attempts: Readonly<Record<string, number>>, operator = false): Scenario =>
  async (database) => {
    const id = randomUUID();
    const poison = { delivery: poisonDelivery(id), queue: 'sessions.booking-accepted', reason: 'handler-failed' };
    const letter = (tried: number): DeadLetter => ({ ...poison, detail: 'thrown', attempts: tried });
    const acts: Record<string, Act> = {};
    for (const [name, tried] of Object.entries(attempts))
      acts[name] = async (turnstile) => void (await storeDeadLetter(turnstile.database, letter(tried)));
    if (operator) {
      await storeDeadLetter(database, letter(4));
      acts['operator'] = (turnstile) => turnstile.database.query(discard, [id]);
    }
    return { acts, names: { poison: id }, rows: () => database.query(letters, [id]) };
  };

const discard = {
  name: 'discard',
  text: `update dead_letters set resolution = 'discarded', resolved_by = 'an operator',
      resolved_at = date_trunc('milliseconds', clock_timestamp())
    where message_id = $1 and resolved_at is null`,
};

/** The same poison, delivered to two consumers at once. */
export const poisoned: Scenario = async (database) => {
  const id = randomUUID();
  const acts = { a: consume([poisonDelivery(id)]), b: consume([poisonDelivery(id)]) };
  return { acts, names: { poison: id }, rows: () => database.query(letters, [id]) };
};
