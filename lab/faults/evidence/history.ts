/** The requests of the driver. */
export type Action = 'create' | 'accept' | 'decline' | 'cancel' | 'start' | 'complete' | 'read';

/**
 * ok: success. fail: certainly without effect (refused, 503 unavailable, or never sent). info: unknown, it may
 * take effect at any later time (no response, or outcome-unknown). The words are Jepsen's.
 */
export type Outcome = 'ok' | 'fail' | 'info';

export type Operation = {
  readonly n: number;
  readonly action: Action;
  readonly aggregate: 'booking' | 'session';
  /** Null: no response with its id. */
  readonly id: string | null;
  /** User id of the caller. */
  readonly actor: string;
  /** The profile in the actor's token, null if none; if recorded, the checker checks permissions. */
  readonly mentorProfileId?: string | null;
  /** Milliseconds of the driver's monotonic clock. */
  readonly invokedAt: number;
  readonly endedAt: number;
  readonly outcome: Outcome;
  /** HTTP status and code: `200`, `409 invalid-transition`; or the error of the connection. */
  readonly answer: string;
  /** The status in an answer of 200 or 409. */
  readonly status: string | null;
};

type Invocation = Pick<Operation, 'action' | 'aggregate' | 'id' | 'actor' | 'mentorProfileId'>;
type Ending = Pick<Operation, 'outcome' | 'answer' | 'status'> & { readonly id?: string };

export const createHistory = () => {
  const operations: Operation[] = [];
  let count = 0;
  return {
    /** Sorted by end. */
    operations: operations as readonly Operation[],
    invoke: (invocation: Invocation) => {
      const [n, invokedAt] = [count++, performance.now()];
      return (ending: Ending): void => {
        operations.push({ n, ...invocation, invokedAt, endedAt: performance.now(), ...ending });
      };
    },
  };
};
export type History = ReturnType<typeof createHistory>;
