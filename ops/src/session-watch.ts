import type { Registry } from 'prom-client';
import type { Logger } from '@mentor-sessions/service-kit/log';
import { loop } from '@mentor-sessions/service-kit/loop';
import { gauge } from '@mentor-sessions/service-kit/metrics';
import type { Databases } from './connections.ts';
import {
  compareAgain,
  compareSessions,
  COMPARISON_LIMIT_SECONDS,
  MAX_COUNTED,
  readClock,
  resultOf,
  secondsBefore,
  type ComparisonResult,
} from './session-comparison.ts';

type Options = {
  readonly databases: Databases;
  readonly registry: Registry;
  readonly log: Logger;
  readonly limitSeconds?: number;
  readonly everyMs?: number;
};

/** How far back the first comparison goes; `ops reconcile --since` can go further. */
const FIRST_SECONDS = 7 * 86_400;
/** A change is committed shortly after the time it carries, and a clock may be set back a little. */
const OVERLAP_SECONDS = 60;

/**
 * Compares session states in both databases while this process runs: first what changed within a week, then every 15 s
 * what has changed since. Sessions that differ are compared each time until they no longer do.
 */
export const createSessionWatch = (options: Options) => {
  const { databases, registry, log, limitSeconds = COMPARISON_LIMIT_SECONDS, everyMs = 15_000 } = options;
  const differing = new Set<string>();
  let comparedTo: Date | undefined;
  let latest: ComparisonResult | Error = new Error('not compared yet');

  const compare = async (signal: AbortSignal): Promise<ComparisonResult> => {
    const now = await readClock(databases);
    const to = secondsBefore(now, limitSeconds);
    const found = new Map((await compareAgain(databases, [...differing], to)).map((one) => [one.sessionId, one]));
    const last = comparedTo && comparedTo < to ? comparedTo : to;
    const from = comparedTo ? secondsBefore(last, OVERLAP_SECONDS) : secondsBefore(to, FIRST_SECONDS);
    for await (const page of compareSessions(databases, { from, to })) {
      for (const one of page) found.set(one.sessionId, one);
      if (found.size >= MAX_COUNTED || signal.aborted) break;
    }
    // beyond MAX_COUNTED the rest of the period is compared next time
    if (found.size < MAX_COUNTED) comparedTo = to;
    const added = [...found.keys()].filter((id) => !differing.has(id));
    if (added.length > 0)
      log.error(
        { count: found.size, sessionIds: added.slice(0, 10) },
        'bookings has not received the latest state of sessions; run ops reconcile',
      );
    differing.clear();
    for (const id of found.keys()) differing.add(id);
    return resultOf([...found.values()], now);
  };

  const comparing = loop({
    name: 'session comparison',
    restMs: everyMs,
    retryMs: { first: everyMs, longest: everyMs },
    log,
    onError: (err) => {
      latest = err instanceof Error ? err : new Error(String(err));
      log.warn({ err }, 'session comparison failed; will retry');
    },
    run: async ({ signal }) => {
      latest = await compare(signal);
    },
  });

  const read = (value: keyof ComparisonResult) => () => (latest instanceof Error ? NaN : latest[value]);
  const counted = `sessions whose latest change, more than ${limitSeconds} s ago, bookings has not received; counted up to ${MAX_COUNTED}`;
  gauge(registry, 'session_news_overdue', counted, read('overdue'));
  const age = 'age of the oldest of these changes';
  gauge(registry, 'session_news_overdue_oldest_age_seconds', age, read('oldestAgeSeconds'));

  return {
    ...comparing,
    /** Throws before the first comparison, and while the last one failed. */
    latest: async (): Promise<ComparisonResult> => {
      if (latest instanceof Error) throw latest;
      return latest;
    },
  };
};

export type SessionWatch = ReturnType<typeof createSessionWatch>;
