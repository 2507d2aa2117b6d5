import { Command, Option } from 'commander';
import { answering } from '../command.ts';
import { services } from '../databases.ts';
import {
  groupDeadLetters,
  listDeadLetters,
  showDeadLetter,
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterGroup,
  type DeadLetterInFull,
} from '../dead-letters.ts';
import { moment, positive, uuid, uuids } from '../options.ts';
import { age, short, table, time } from '../output.ts';
import { Usage } from '../usage.ts';

export const deadLettersCommand = (): Command =>
  new Command('dead-letters')
    .description('messages that could not be handled: list, show, replay, discard')
    .addCommand(listCommand())
    .addCommand(showCommand());

type Filter = Omit<DeadLetterFilter, 'ids'> & { readonly id?: readonly string[]; readonly group?: string };

const filtering = (command: Command): Command =>
  command
    .addOption(new Option('--service <service>', 'of one service').choices(services))
    .option('--queue <queue>', 'of one queue')
    .option('--reason <reason>', 'with this reason')
    .option('--type <type>', 'of this event type')
    .option('--group <fingerprint>', 'of this group')
    .option('--id <id>', 'this one; may be given several times', uuids)
    .option('--message-id <id>', 'with this message id')
    .option('--since <time>', 'first seen at or after: 2026-11-24T10:00:00Z, or 2h for two hours ago', moment)
    .option('--until <time>', 'first seen before', moment)
    .option('--limit <n>', 'at most so many of each service, the oldest first', positive);

const filterOf = ({ id, group, ...rest }: Filter): DeadLetterFilter => ({ ...rest, ids: id, fingerprint: group });

const listCommand = (): Command =>
  filtering(new Command('list'))
    .description('groups of alike dead letters; with --each one line for each')
    .option('--each', 'each one instead of groups')
    .addOption(new Option('--state <state>').choices(['open', 'resolved', 'all']).default('open'))
    .action(
      answering(async ({ databases }, options: Filter & { each?: boolean }) => {
        const found = options.each
          ? { letters: await listDeadLetters(databases, filterOf(options)) }
          : { groups: await groupDeadLetters(databases, filterOf(options)) };
        const text = found.letters ? lettersTable(found.letters) : groupsTable(found.groups);
        const count = (found.letters ?? found.groups).length;
        const isToDo = count > 0 && options.state !== 'resolved';
        return { data: found.letters ?? found.groups, text: count > 0 ? text : 'No dead letters.', isToDo };
      }),
    );

const showCommand = (): Command =>
  new Command('show')
    .description('one dead letter in full, and what was tried with it')
    .argument('<id>', 'of the dead letter', uuid)
    .action(
      answering(async ({ databases }, id: string) => {
        const letter = await showDeadLetter(databases, id);
        if (!letter) throw new Usage(`There is no dead letter ${id}.`);
        return { data: letter, text: inFull(letter) };
      }),
    );

const groupsTable = (groups: readonly DeadLetterGroup[]): string =>
  table(groups, [
    ['service', (row) => row.service],
    ['queue', (row) => row.queue],
    ['reason', (row) => row.reason],
    ['group', (row) => row.fingerprint],
    ['count', (row) => row.count],
    ['seen', (row) => row.timesSeen],
    ['oldest', (row) => age(row.oldestAgeSeconds)],
    ['last error', (row) => short(row.lastError)],
  ]);

const lettersTable = (letters: readonly DeadLetter[]): string =>
  table(letters, [
    ['id', (row) => row.id],
    ['service', (row) => row.service],
    ['reason', (row) => row.reason],
    ['message', (row) => row.messageId],
    ['type', (row) => row.type],
    ['first seen', (row) => time(row.firstSeenAt)],
    ['seen', (row) => row.timesSeen],
    ['state', (row) => row.resolution ?? (row.replayWaits ? 'replay waits' : 'open')],
    ['last error', (row) => short(row.lastError, 60)],
  ]);

const inFull = ({ replays, body, bodyBase64, headers, properties, ...letter }: DeadLetterInFull): string => {
  const facts = Object.entries(letter).map(
    ([name, value]) => [name, value instanceof Date ? time(value) : value] as const,
  );
  return [
    ...facts.filter(([, value]) => value !== null).map(([name, value]) => `${name.padEnd(15)} ${String(value)}`),
    `properties      ${JSON.stringify(properties)}`,
    `headers         ${JSON.stringify(headers)}`,
    '',
    body ?? `base64: ${bodyBase64}`,
    ...(replays.length === 0 ? [] : ['', 'Replays']),
    ...replays.map(
      ({ requestedAt, requestedBy, reason, outcome, detail }) =>
        `${time(requestedAt)}  ${requestedBy}: ${reason}  ${outcome ?? 'waits'}${detail ? `: ${detail}` : ''}`,
    ),
  ].join('\n');
};
