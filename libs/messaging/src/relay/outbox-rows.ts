import type { Queryable, Statement } from '@mentor-sessions/service-kit/database';
import { noMarks, type Marks } from './low-water-marks.ts';

export type OutboxRow = {
  readonly lane: number;
  /** bigint as text, as the driver gives it. */
  readonly position: string;
  readonly message_id: string;
  readonly aggregate_id: string;
  readonly type: string;
  /** How often it was tried and parked. */
  readonly attempts: number;
  /** Of the body on the wire. */
  readonly bytes: number;
  /** Null: larger than the claim's `maxBodyBytes`. */
  readonly envelope: string | null;
  /** Whether commits wait for a synchronous standby. */
  readonly awaits_standby: boolean;
};

/** How much a claim may return; one row is always allowed. */
export type ClaimLimits = {
  readonly rows: number;
  /** Of all bodies together. */
  readonly bytes?: number;
  /** Bytes; larger bodies stay in the database. */
  readonly maxBodyBytes?: number;
  /** Parked rows of each type, due for a retry, that are claimed as well. */
  readonly retries?: number;
};

/** A row that cannot be published now. `again`: relays retry it automatically. */
export type ParkedRow = { readonly row: OutboxRow; readonly reason: string; readonly again: boolean };

const claim: Statement = {
  name: 'outbox-claim',
  text: `select lane, position, message_id, aggregate_id, type, attempts, bytes, envelope::text as envelope,
      current_setting('synchronous_standby_names') <> '' as awaits_standby
    from outbox_claim($1, $2, $3, $4, $5, $6)`,
};

const move: Statement = { name: 'outbox-move', text: 'select outbox_move_to_published($1, $2)' };

const tryMove: Statement = { name: 'outbox-try-move', text: 'select outbox_try_move($1, $2)' };

const park: Statement = { name: 'outbox-park', text: 'select outbox_park($1, $2, $3, $4)' };

const MiB = 1024 * 1024;
const NO_LIMIT = 2 ** 30 - 1;

/** Claims rows of lanes that this transaction locks, by position within each lane. */
export const claimRows = (
  tx: Queryable,
  { rows, bytes = 4 * MiB, maxBodyBytes = NO_LIMIT, retries = 0 }: ClaimLimits,
  { byLane, life }: Marks = noMarks,
): Promise<OutboxRow[]> => tx.query<OutboxRow>(claim, [rows, byLane, life, bytes, maxBodyBytes, retries]);

/** Moves published rows to outbox_published: 6 times the rate of marking them in place. */
export const moveToPublished = async (tx: Queryable, rows: readonly OutboxRow[]): Promise<void> => {
  if (rows.length > 0) await tx.query(move, [rows.map((row) => row.lane), rows.map((row) => row.position)]);
};

/** Moves a row and rolls that back. Throws when rows cannot be moved: read-only, no privilege, disk full. */
export const tryMoveToPublished = async (tx: Queryable, { lane, position }: OutboxRow): Promise<void> => {
  await tx.query(tryMove, [lane, position]);
};

/** Parks rows that cannot be published; later events of their aggregates wait behind them. */
export const parkRows = async (tx: Queryable, parked: readonly ParkedRow[]): Promise<void> => {
  if (parked.length === 0) return;
  await tx.query(park, [
    parked.map(({ row }) => row.lane),
    parked.map(({ row }) => row.position),
    parked.map(({ reason }) => reason),
    parked.map(({ again }) => again),
  ]);
};
