import { Gauge, type Registry } from 'prom-client';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import type { Logger } from '@mentor-sessions/service-kit/log';
import { loop } from '@mentor-sessions/service-kit/loop';
import { COUNTED } from './counted.ts';
import type { Databases } from './databases.ts';
import {
  compareAgain,
  compareSessions,
  NEWS_LIMIT_SECONDS,
  newsOf,
  readClock,
  secondsBefore,
  type News,
} from './session-news.ts';

export type NewsWatch = Component & {
  /** Throws until there was a comparison, and while the last one failed. */
  latest(): Promise<News>;
};

type Options = {
  readonly databases: Databases;
  readonly registry: Registry;
  readonly log: Logger;
  readonly limitSeconds?: number;
  readonly everyMs?: number;
};

/** As far back as the first comparison goes; `ops reconcile --since` goes further. */
const FIRST_SECONDS = 7 * 86_400;
/** A change is written a moment after the time that it carries, and a clock may be set back a little. */
const OVERLAP_SECONDS = 60;

/**
 * Compares the states of sessions in both databases, for as long as this process runs: first what changed within a week,
 * then every 15 s what has changed since. What differs is compared again each time, until it does not.
 */
export const createNewsWatch = (options: Options): NewsWatch => {
  const { databases, registry, log, limitSeconds = NEWS_LIMIT_SECONDS, everyMs = 15_000 } = options;
  const differing = new Set<string>();
  let comparedTo: Date | undefined;
  let news: News | Error = new Error('not compared yet');

  const compare = async (signal: AbortSignal): Promise<News> => {
    const now = await readClock(databases);
    const to = secondsBefore(now, limitSeconds);
    const still = await compareAgain(databases, [...differing], to);
    const found = new Map(still.map((one) => [one.sessionId, one]));
    const last = comparedTo && comparedTo < to ? comparedTo : to;
    const from = comparedTo ? secondsBefore(last, OVERLAP_SECONDS) : secondsBefore(to, FIRST_SECONDS);
    for await (const page of compareSessions(databases, { from, to })) {
      for (const one of page) found.set(one.sessionId, one);
      if (found.size >= COUNTED || signal.aborted) break;
    }
    // beyond what is counted the rest of the period is compared next time
    if (found.size < COUNTED) comparedTo = to;
    const fresh = [...found.keys()].filter((id) => !differing.has(id));
    if (fresh.length > 0)
      log.error(
        { count: found.size, sessionIds: fresh.slice(0, 10) },
        'bookings does not know the state of sessions: run ops reconcile',
      );
    differing.clear();
    for (const id of found.keys()) differing.add(id);
    return newsOf([...found.values()], now);
  };

  const comparing = loop({
    name: 'comparison of sessions',
    restMs: everyMs,
    retryMs: { first: everyMs, longest: everyMs },
    log,
    onError: (err) => {
      news = err instanceof Error ? err : new Error(String(err));
      log.warn({ err }, 'sessions cannot be compared; will retry');
    },
    run: async ({ signal }) => {
      news = await compare(signal);
    },
  });

  const gauge = (name: string, help: string, value: (of: News) => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(news instanceof Error ? NaN : value(news));
      },
    });
  gauge(
    'session_news_overdue',
    `sessions that changed more than ${limitSeconds} s ago and whose state bookings does not know; counted up to 10,000`,
    ({ overdue }) => overdue,
  );
  gauge(
    'session_news_overdue_oldest_age_seconds',
    'time since the oldest of them changed',
    ({ oldestAgeSeconds }) => oldestAgeSeconds,
  );

  return {
    ...comparing,
    latest: async () => {
      if (news instanceof Error) throw news;
      return news;
    },
  };
};
