import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Component } from '../lifecycle.ts';
import type { Tracing } from './otlp.ts';

const STOP_WITHIN_MS = 1_000;

type Options = {
  readonly endpoint: string;
  readonly service: string;
  readonly role: string;
  readonly log: Logger;
};

/** Exports traces while it runs. The SDK is loaded here, by those processes alone that are told to use it. */
export const createTracing = ({ endpoint, service, role, log }: Options): Component => {
  let tracing: Tracing | undefined;
  return {
    name: 'tracing',
    start: async () => {
      const { traceTo } = await import('./otlp.ts');
      tracing = traceTo(endpoint, { service, role });
      log.info({ endpoint }, 'exporting traces');
    },
    stop: async () => {
      const stopped = tracing?.stop().catch((err: unknown) => log.warn({ err }, 'last traces not exported'));
      await Promise.race([stopped, pause(STOP_WITHIN_MS, undefined, { ref: false })]);
    },
  };
};
