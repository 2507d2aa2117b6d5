import { technicalReasons } from '../dead-letters/reasons.ts';

/** What the first migrations know; what has landed stays as it is. `deadLetterReasons` has today's. */
const firstReasons = [
  'malformed',
  'unknown-type',
  'unknown-version',
  'schema-violation',
  'id-mismatch',
  'content-mismatch',
  'forged-sender',
  'handler-failed',
  'delivery-limit',
];

const inbox = `
create table inbox (
  message_id   uuid not null,
  queue        text not null,   -- two queues of one service may each handle the same message
  content_hash bytea not null,  -- SHA-256 of what the message says; the same id with other content is a fault
  handled_at   timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  primary key (message_id, queue)
);
`;

const quoted = (words: readonly string[]) => words.map((word) => `'${word}'`).join(', ');

const reasonIsKnown = (rejections: readonly string[], technical: readonly string[] = firstReasons) =>
  `constraint dead_letter_reason_is_known check (reason in (${quoted([...technical, ...rejections])}))`;

const deadLetters = (rejections: readonly string[], technical?: readonly string[]) => `
create table dead_letters (
  id            uuid primary key,
  message_id    text,            -- the AMQP messageId as it came; null if there was none
  type          text,
  reason        text not null,
  queue         text not null,
  exchange      text not null,
  routing_key   text not null,
  body          bytea not null,  -- bytes: jsonb and text refuse NUL, binary and deep nesting
  properties    text not null,   -- JSON
  headers       text not null,   -- JSON
  attempts      integer not null,
  times_seen    integer not null default 1,
  last_error    text,
  fingerprint   bytea not null,  -- the same poison again raises times_seen
  first_seen_at timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  last_seen_at  timestamptz not null default date_trunc('milliseconds', clock_timestamp()),
  tried_at      timestamptz,     -- delivery-limit only: handling was tried once more, alone, from here
  resolved_at   timestamptz,
  resolution    text,
  resolved_by   text,
  resolution_note text,
  ${reasonIsKnown(rejections, technical)},
  constraint dead_letter_resolution_is_known check (resolution in ('handled', 'replayed', 'discarded')),
  constraint dead_letter_resolved_with_resolution check ((resolved_at is null) = (resolution is null))
);
create unique index dead_letter_open_once on dead_letters (fingerprint) where resolved_at is null;
create index dead_letter_open on dead_letters (last_seen_at) where resolved_at is null;
`;

export const inboxUp = (appRole: string, rejections: readonly string[], technical?: readonly string[]): string[] => [
  inbox,
  deadLetters(rejections, technical),
  `grant select, insert on inbox to ${appRole}`,
  `grant select, insert,
     update (attempts, times_seen, last_error, last_seen_at, tried_at, resolved_at, resolution, resolved_by, resolution_note)
     on dead_letters to ${appRole}`,
];

/** Other rejections than those that the first migration knew. Taken back, dead letters with a reason that was added keep it as a note. */
export const rejectionsChange = (from: readonly string[], to: readonly string[]): { up: string[]; down: string[] } => {
  const replace = (rejections: readonly string[]): string[] => [
    'alter table dead_letters drop constraint dead_letter_reason_is_known',
    `alter table dead_letters add ${reasonIsKnown(rejections)}`,
  ];
  const [drop = '', add = ''] = replace(from);
  const added = to.filter((reason) => !from.includes(reason));
  const rename = `update dead_letters set reason = 'handler-failed', last_error = reason || ': ' || coalesce(last_error, '')
    where reason in (${quoted(added)})`;
  return { up: replace(to), down: [drop, rename, add] };
};

/**
 * The reasons that the library has today, beside the service's own, for a migration. Taken back, a dead letter with a
 * reason that the first schema does not know keeps it as a note.
 */
export const deadLetterReasons = (rejections: readonly string[]): { up: string[]; down: string[] } => {
  const drop = 'alter table dead_letters drop constraint dead_letter_reason_is_known';
  const added = technicalReasons.filter((reason) => !firstReasons.includes(reason));
  return {
    up: [drop, `alter table dead_letters add ${reasonIsKnown(rejections, technicalReasons)}`],
    down: [
      drop,
      `update dead_letters set last_error = concat_ws(': ', reason, last_error),
         reason = case reason when 'too-large' then 'malformed' else 'delivery-limit' end
       where reason in (${quoted(added)})`,
      `alter table dead_letters add ${reasonIsKnown(rejections)}`,
    ],
  };
};

export const inboxDown = ['drop table dead_letters', 'drop table inbox'];
