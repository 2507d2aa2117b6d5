import type { Component } from '@mentor-sessions/service-kit/lifecycle';
import type { Owner, Scheduler } from '../clock/scheduler.ts';

type Options = {
  readonly scheduler: Scheduler;
  readonly name: string;
  readonly build: (owner: Owner) => Component[];
  readonly onDeath: (owner: Owner) => void;
};

const STOPS_WITHIN_MS = 10_000;

/** A process that can be killed, paused, stopped and restarted without its memory. */
export const createProcess = ({ scheduler, name, build, onDeath }: Options) => {
  let owner: Owner | null = null;
  let components: Component[] = [];

  const as = (whose: Owner, work: () => Promise<void>): void => scheduler.pipe(whose).push(() => void work());

  const start = (): void => {
    if (owner) return;
    const mine = (owner = { name, alive: true, pausedUntil: 0 });
    as(mine, async () => {
      components = build(mine);
      for (const component of components) await component.start();
    });
  };

  const die = (mine: Owner): void => {
    mine.alive = false;
    if (owner === mine) owner = null;
    onDeath(mine);
  };

  return {
    name,
    owner: (): Owner | null => owner,
    start,
    /** Its code never continues. `onDeath` closes its connections. */
    kill: (): void => {
      if (owner) die(owner);
    },
    pause: (ms: number): void => {
      if (owner) owner.pausedUntil = scheduler.now() + ms;
    },
    /** SIGTERM: it may finish its work, as long as the supervisor waits. */
    stop: (done: () => void): void => {
      const mine = owner;
      if (!mine) return done();
      let over = false;
      const end = (): void => {
        if (over) return;
        over = true;
        if (mine.alive) die(mine);
        done();
      };
      scheduler.timer(null, STOPS_WITHIN_MS, end);
      as(mine, async () => {
        for (const component of components.toReversed()) await component.stop();
        end();
      });
    },
  };
};

export type SimulatedProcess = ReturnType<typeof createProcess>;
