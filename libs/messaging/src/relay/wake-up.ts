import type { Logger } from 'pino';
import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import { createListener, createWakeUpSignal } from '../operations/listener.ts';
import { OUTBOX_CHANNEL } from '../outbox/announcer.ts';

export type WakeUp = Component & ReturnType<typeof createWakeUpSignal>;

/** Wakes relays when the announcer has notified that something was committed to the outbox. */
export const createWakeUp = (databaseUrl: string, log: Logger): WakeUp => {
  const signal = createWakeUpSignal();
  const name = 'outbox wake-up';
  return { ...createListener({ databaseUrl, channel: OUTBOX_CHANNEL, name, onNotified: signal.wake, log }), ...signal };
};
