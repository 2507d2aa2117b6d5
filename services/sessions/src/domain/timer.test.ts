import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { aSession } from '../../test/a-session.ts';
import { examineSession, type Fact } from './timer.ts';

const HOUR = 3_600_000;
const settings = { startingSoonSeconds: [86_400, 900], completionGraceSeconds: 3_600 };
const scheduled = aSession('scheduled');
const { startTime, endTime } = scheduled;
const at = (time: Date, hours: number) => new Date(time.getTime() + hours * HOUR);
const accepted = at(startTime, -200);
const examine = (session: typeof scheduled, now: Date, past: readonly Fact[] = [], acceptedAt = accepted) => {
  const { due, nextAt } = examineSession(session, { ...settings, now, acceptedAt, past });
  return { due: due.map(({ type, offsetSeconds }) => `${type} ${offsetSeconds}`), nextAt };
};

const [soon, overdue] = ['session.starting-soon', 'session.start-overdue'];

test.each([
  ['two days before', at(startTime, -48), [], at(startTime, -24)],
  ['a day before', at(startTime, -24), [`${soon} 86400`], at(startTime, -0.25)],
  ['a minute before, after a pause', at(startTime, -1 / 60), [`${soon} 86400`, `${soon} 900`], endTime],
  ['at the start', startTime, [], endTime],
  ['at the end', endTime, [`${overdue} 0`], null],
] as const)('scheduled, %s', (_when, now, due, nextAt) => {
  expect(examine(scheduled, now)).toEqual({ due, nextAt });
});

test('what was due before the acceptance is not published', () => {
  expect(examine(scheduled, at(startTime, -0.1), [], at(startTime, -2)).due).toEqual([`${soon} 900`]);
});

test('completion is overdue some time after the end or, if later, after the start', () => {
  const running = aSession('in_progress');
  expect(examine(running, at(endTime, 0.9))).toEqual({ due: [], nextAt: at(endTime, 1) });
  expect(examine(running, at(endTime, 1)).due).toEqual(['session.completion-overdue 0']);
  const late = { ...running, startedAt: at(endTime, 5) };
  expect(examine(late, at(endTime, 5.5))).toEqual({ due: [], nextAt: at(endTime, 6) });
  expect(examine(aSession('completed'), at(endTime, 50))).toEqual({ due: [], nextAt: null });
});

test('whenever it is examined, each fact is found once, none early, and it ends', () => {
  const gaps = fc.array(fc.integer({ min: 0, max: 300 * HOUR }), { maxLength: 20 });
  const acceptances = fc.integer({ min: -300, max: 2 }).map((hours) => at(startTime, hours));
  fc.assert(
    fc.property(gaps, acceptances, (pauses, acceptedAt) => {
      const past: Fact[] = [];
      let now = acceptedAt;
      let nextAt: Date | null = now;
      for (let n = 0; nextAt !== null; n += 1) {
        now = new Date(Math.max(now.getTime(), nextAt.getTime()) + (pauses[n] ?? 0));
        const found = examineSession(scheduled, { ...settings, now, acceptedAt, past });
        for (const { dueAt } of found.due) expect(dueAt.getTime()).toBeLessThanOrEqual(now.getTime());
        if (found.nextAt) expect(found.nextAt.getTime()).toBeGreaterThan(now.getTime());
        past.push(...found.due);
        nextAt = found.nextAt;
      }
      const names = past.map(({ type, offsetSeconds }) => `${type} ${offsetSeconds}`);
      expect(new Set(names).size).toBe(names.length);
      expect(names.filter((name) => name === 'session.start-overdue 0')).toHaveLength(1);
    }),
  );
});
