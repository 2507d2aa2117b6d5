import { deadlineOf, type Attention, type Session } from './session.ts';

/** How long before the start, and how long after the end, in seconds. */
export type TimerSettings = {
  readonly startingSoonSeconds: readonly number[];
  readonly completionGraceSeconds: number;
};

/** Something that follows from time alone, unless the session moves on before. */
export type Fact = {
  readonly type: 'session.starting-soon' | `session.${Attention}`;
  readonly offsetSeconds: number;
  readonly dueAt: Date;
};

type Examination = TimerSettings & {
  readonly now: Date;
  readonly acceptedAt: Date;
  /** What was published of it before. */
  readonly past: readonly { readonly type: string; readonly offsetSeconds: number }[];
};

const plus = (time: Date, seconds: number): Date => new Date(time.getTime() + seconds * 1_000);

/** What is to be published of a session in this state, sooner or later. */
const factsOf = (session: Session, settings: Examination): Fact[] => {
  const { status, startTime } = session;
  const { now, acceptedAt, startingSoonSeconds, completionGraceSeconds } = settings;
  const soon = startingSoonSeconds.map((offsetSeconds): Fact => {
    return { type: 'session.starting-soon', offsetSeconds, dueAt: plus(startTime, -offsetSeconds) };
  });
  const deadline = deadlineOf(session, completionGraceSeconds);
  return [
    // no news when the booking was accepted later than that, nor once the start has passed
    ...soon.filter(({ dueAt }) => status === 'scheduled' && dueAt > acceptedAt && now < startTime),
    ...(deadline ? [{ type: `session.${deadline.attention}` as const, offsetSeconds: 0, dueAt: deadline.dueAt }] : []),
  ];
};

/** What is due and was not published yet, and when the next is due, if the session stays as it is. */
export const examineSession = (session: Session, examination: Examination) => {
  const { now, past } = examination;
  const isPast = ({ type, offsetSeconds }: Fact): boolean =>
    past.some((event) => event.type === type && event.offsetSeconds === offsetSeconds);
  const facts = factsOf(session, examination).filter((fact) => !isPast(fact));
  const times = facts.map(({ dueAt }) => dueAt.getTime()).filter((time) => time > now.getTime());
  return {
    due: facts.filter(({ dueAt }) => dueAt <= now),
    nextAt: times.length > 0 ? new Date(Math.min(...times)) : null,
  };
};
