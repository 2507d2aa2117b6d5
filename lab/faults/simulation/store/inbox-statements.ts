import type { Execute } from './outbox-statements.ts';
import type { DeadLetterRow, Store } from './store.ts';
import { seenBy, type Row } from './table.ts';
import type { Steps, Tx } from './transaction.ts';

function* enter(store: Store, tx: Tx, [ids, queue, hashes]: readonly unknown[]): Steps<object[]> {
  const entered: object[] = [];
  const rows = (ids as string[]).map((message_id, at) => ({
    message_id,
    content_hash: (hashes as Buffer[])[at] as Buffer,
  }));
  for (const row of rows.sort((a, b) => (a.message_id < b.message_id ? -1 : 1)))
    if (yield* store.inbox.insert(tx, [`${row.message_id}/${String(queue)}`], row))
      entered.push({ message_id: row.message_id });
  return entered;
}

// eslint-disable-next-line require-yield -- reading never waits
function* look(store: Store, tx: Tx, [ids, queue]: readonly unknown[]): Steps<object[]> {
  return (ids as string[]).flatMap((id) => {
    const row = store.inbox.get(`${id}/${String(queue)}`);
    return (row && seenBy(tx, row)) ?? [];
  });
}

function* keep(store: Store, tx: Tx, values: readonly unknown[]): Steps<object[]> {
  const [id, message_id, , reason, , , , body, , , attempts, last_error, print] = values as [
    string,
    string | null,
    ...unknown[],
  ];
  const fingerprint = (print as Buffer).toString('hex');
  const fresh = {
    id,
    message_id,
    reason,
    body,
    fingerprint,
    attempts,
    last_error,
    times_seen: 1,
    tried_at: null,
    resolution: null,
  } as DeadLetterRow;
  for (;;) {
    if (yield* store.deadLetters.insert(tx, [id, `open ${fingerprint}`], fresh)) return [{ id, tried_at: null }];
    const row = store.deadLetters.get(`open ${fingerprint}`) as Row<DeadLetterRow>;
    const known = yield* store.deadLetters.lock(tx, row);
    if (!known) continue;
    const again = {
      times_seen: known.times_seen + 1,
      attempts: known.attempts + fresh.attempts,
      last_error: fresh.last_error,
    };
    if (known.resolution === null) {
      store.deadLetters.change(tx, row, { ...known, ...again });
      return [{ id: known.id, tried_at: known.tried_at }];
    }
    store.deadLetters.release(`open ${fingerprint}`); // the constraint does not apply to resolved ones
  }
}

const update = (made: (row: DeadLetterRow, values: readonly unknown[], now: Date) => Partial<DeadLetterRow>): Execute =>
  function* (store, tx, values): Steps<object[]> {
    const row = store.deadLetters.get(values[0] as string);
    const known = row && (yield* store.deadLetters.lock(tx, row));
    if (known) store.deadLetters.change(tx, row, { ...known, ...made(known, values, store.time()) });
    return [];
  };

/** The simulation's own effect, which only the inbox makes idempotent. */
// eslint-disable-next-line require-yield -- an insert without a key never waits
function* effect(store: Store, tx: Tx, [ids]: readonly unknown[]): Steps<object[]> {
  tx.ends.push((committed) => committed && store.effects.push(...(ids as string[])));
  return [];
}

export const inboxStatements: Readonly<Record<string, Execute>> = {
  'inbox-enter': enter,
  'inbox-look': look,
  'simulated-effect': effect,
  'dead-letter-store': keep,
  'dead-letter-tried': update((_row, _values, now) => ({ tried_at: now })),
  'dead-letter-failed': update(({ attempts }, [, error]) => ({ attempts: attempts + 1, last_error: String(error) })),
  'dead-letter-handled': update(() => ({ resolution: 'handled' })),
};
