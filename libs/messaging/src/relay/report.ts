import type { Logger } from 'pino';
import { readTraceparent, traceIdOf } from '@mentor-sessions/service-kit/tracing';
import type { RelayMetrics } from '../metrics/relay-metrics.ts';
import type { OutboxRow, ParkedRow } from './outbox-row.ts';
import { isOut, type RowResult } from './publish-in-order.ts';

type Result = readonly [OutboxRow, RowResult];

const failures: readonly RowResult[] = ['unroutable', 'failed', 'nacked'];

/** Counts and logs what became of a batch; says what matters for the next one. */
export const createReport =
  ({ metrics, log }: { readonly metrics: RelayMetrics; readonly log: Logger }) =>
  (results: readonly Result[], parked: readonly ParkedRow[]) => {
    const counts = Map.groupBy(results, ([, result]) => result);
    if (results.length > 0) metrics.batch(results.length);
    for (const [result, rows] of counts) metrics.tried(result, rows.length);
    if (log.isLevelEnabled('debug'))
      for (const [row, result] of results) log.debug(idsOf(row, result), 'message tried');
    if (parked.length > 0) log.error(describeParked(parked), 'messages parked: they cannot be published now');
    const parkedRows = new Set(parked.map(({ row }) => row));
    const failed = results.filter(([row, result]) => failures.includes(result) && !parkedRows.has(row));
    if (failed.length > 0) log.error(describe(failed), 'messages not published, trying again');
    const hasRetried = results.some(([{ attempts }, result]) => attempts > 0 && isOut(result));
    return { failed: failed.length, isRetryUseless: parked.length > 0 && !hasRetried };
  };

const idsOf = ({ message_id, aggregate_id, type, envelope }: OutboxRow, result: RowResult) => {
  const { correlationid, traceparent } = JSON.parse(envelope ?? '{}') as {
    correlationid?: string;
    traceparent?: string;
  };
  const traceId = traceIdOf(readTraceparent(traceparent));
  return { messageId: message_id, aggregateId: aggregate_id, correlationId: correlationid, traceId, type, result };
};

const describe = (failed: readonly Result[]) => ({
  count: failed.length,
  messageId: failed[0]?.[0].message_id,
  type: failed[0]?.[0].type,
  result: failed[0]?.[1],
});

const describeParked = (parked: readonly ParkedRow[]) => ({
  count: parked.length,
  messageId: parked[0]?.row.message_id,
  type: parked[0]?.row.type,
  reason: parked[0]?.reason,
});
