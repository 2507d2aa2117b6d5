import { deliverAgain, publish, schedule } from './message.ts';
import { accept, request } from './request-and-accept.ts';
import { complete, learn, receive, refuseMentee, start, unlock } from './start-and-complete.ts';
import type { Step } from './step.ts';

/** One booking's way to a completed session. */
export const steps: readonly Step[] = [
  request,
  accept,
  publish,
  schedule,
  deliverAgain,
  start,
  refuseMentee,
  complete,
  receive,
  unlock,
  learn,
];
