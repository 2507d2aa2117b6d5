import type { Logger } from 'pino';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { createListener } from '../operations/listener.ts';
import { createWakeUpSignal, type WakeUpSignal } from '../operations/nudges.ts';
import { OUTBOX_CHANNEL } from '../outbox/announcer.ts';

export type WakeUp = Component & WakeUpSignal;

/** Listens for announcements, and wakes relays by them. */
export const createWakeUp = (databaseUrl: string, log: Logger): WakeUp => {
  const nudges = createWakeUpSignal();
  const name = 'outbox wake-up';
  return { ...createListener({ databaseUrl, channel: OUTBOX_CHANNEL, name, onNotified: nudges.wake, log }), ...nudges };
};
