/** A recorded step of one process: a call of pg or amqplib, or its result. */
export type Seen =
  | {
      readonly kind: 'claimed';
      readonly tx: number | string;
      readonly rows: readonly ClaimedRow[];
      readonly isAll: boolean;
    }
  | {
      readonly kind: 'committing';
      readonly tx: number | string;
      readonly moved: readonly Place[];
      readonly parked: readonly Parked[];
    }
  | { readonly kind: 'committed' | 'ended'; readonly tx: number | string }
  /** `publication`: the same number when the same body is sent again; `tx`: of the code that sends it. */
  | {
      readonly kind: 'sent';
      readonly publication: number | string;
      readonly tx: number | string;
      readonly messageId: string;
      readonly mandatory: boolean;
    }
  | { readonly kind: 'confirmed' | 'nacked' | 'returned'; readonly publication: number | string }
  | { readonly kind: 'died' };

/** Lane and position of a row in the outbox. */
export type Place = string;
export type ClaimedRow = {
  readonly place: Place;
  readonly position: string;
  readonly messageId: string;
  readonly aggregateId: string;
  readonly type: string;
};
export type Parked = { readonly place: Place; readonly isRefused: boolean };

/** In the order of recording; `process`: its name, which a restarted process keeps. */
export type SeenLine = Seen & { readonly process: string };
