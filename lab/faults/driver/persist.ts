import { setTimeout as pause } from 'node:timers/promises';
import type { Asking } from './asking.ts';
import type { HttpAnswer } from './http.ts';
import type { People } from './people.ts';

export type StoryContext = {
  readonly ask: Asking;
  readonly people: People;
  /** An hour of this mentor that nobody else asks for. */
  readonly freeHour: (mentor: number) => { readonly start: string; readonly end: string };
  readonly canary: string;
  /** True when nobody should wait any longer. */
  readonly givenUp: () => boolean;
};

const RETRY_MS = 60;

/** As a person would: what could not be reached, or whose end is unknown, is asked again. */
export const persist = async ({ givenUp }: StoryContext, ask: () => Promise<HttpAnswer>): Promise<HttpAnswer> => {
  for (;;) {
    const answer = await ask();
    const again = answer.outcome === 'info' || answer.answer === 'refused' || answer.answer.startsWith('503');
    if (!again || givenUp()) return answer;
    await pause(RETRY_MS);
  }
};
