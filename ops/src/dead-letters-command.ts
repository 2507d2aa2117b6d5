import { Command } from 'commander';
import { printable, printableLines } from '@mentor-sessions/service-kit/printable';
import {
  actionOf,
  answering,
  confirm,
  moment,
  positive,
  serviceOption,
  uuid,
  uuids,
  withActionOptions,
  type ActionOptions,
  type Answer,
  type Cli,
  type Context,
} from './command.ts';
import {
  discardDeadLetters,
  groupDeadLetters,
  listDeadLetters,
  MAX_DEAD_LETTERS,
  showDeadLetter,
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetterGroup,
  type FullDeadLetter,
} from './dead-letters.ts';
import { UsageError } from './errors.ts';
import { replayDeadLetters, type ReplayResults } from './replays.ts';
import { age, counted, short, table, time, type Cells } from './table.ts';

export const deadLettersCommand = (cli: Cli): Command =>
  new Command('dead-letters')
    .description('messages that could not be handled: list, show, replay, discard')
    .addCommand(listCommand(cli))
    .addCommand(showCommand(cli))
    .addCommand(replayCommand(cli))
    .addCommand(discardCommand(cli));

const withFilterOptions = (command: Command): Command =>
  command
    .addOption(serviceOption())
    .option('--queue <queue>', 'only this queue')
    .option('--reason <reason>', 'only this reason')
    .option('--type <type>', 'only this event type')
    .option('--group <fingerprint>', 'only this group')
    .option('--id <id>', 'this dead letter; repeatable', uuids)
    .option('--message-id <id>', 'only this message id')
    .option('--since <time>', 'first seen at or after: 2026-11-24T10:00:00Z, or 2h for two hours ago', moment)
    .option('--until <time>', 'first seen before', moment)
    .option('--limit <n>', `at most this many of each service, oldest first; at most ${MAX_DEAD_LETTERS}`, positive);

const listCommand = (cli: Cli): Command =>
  withFilterOptions(new Command('list'))
    .description('groups of similar dead letters; with --each one by one')
    .option('--each', 'one by one instead of in groups')
    .action(
      answering(cli, async ({ databases }, { each, ...filter }: DeadLetterFilter & { each?: boolean }) => {
        const found = each
          ? await listDeadLetters(databases, filter).then((data) => ({ data, text: deadLettersTable(data) }))
          : await groupDeadLetters(databases, filter).then((data) => ({ data, text: table(data.map(groupCells)) }));
        if (found.data.length === 0) return { data: [], text: 'No dead letters.' };
        return { ...found, needsAction: true };
      }),
    );

const groupCells = ({ service, queue, reason, fingerprint, count, ...row }: DeadLetterGroup): Cells => {
  const seen = { seen: row.timesSeen, oldest: age(row.oldestAgeSeconds) };
  return { service, queue, reason, group: fingerprint, count, ...seen, 'last error': short(row.lastError) };
};

const deadLettersTable = (deadLetters: readonly DeadLetter[]): string =>
  table(
    deadLetters.map((row) => ({
      id: row.id,
      service: row.service,
      reason: row.reason,
      message: row.messageId,
      type: row.type,
      'first seen': time(row.firstSeenAt),
      seen: row.timesSeen,
      state: row.resolution ?? (row.replayWaits ? 'waiting for replay' : 'open'),
      'last error': short(row.lastError, 60),
    })),
  );

const showCommand = (cli: Cli): Command =>
  new Command('show')
    .description('one dead letter in full, with its replays; reading it is recorded')
    .argument('<id>', 'of the dead letter', uuid)
    .option('--because <why>', 'the reason; recorded with your name', 'to see what is wrong with it')
    .option('--operator <name>', 'who reads it; default: OPERATOR, or the system user outside production')
    .action(
      answering(cli, async (context, id: string, options: ActionOptions) => {
        const deadLetter = await showDeadLetter(context.databases, id, actionOf(options, context));
        if (!deadLetter) throw new UsageError(`There is no dead letter ${id}.`);
        return { data: deadLetter, text: describeFully(deadLetter) };
      }),
    );

const describeFully = ({ replays, body, bodyBase64, headers, properties, ...facts }: FullDeadLetter): string => {
  const factLines = Object.entries(facts)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => `${name.padEnd(15)} ${printable(value instanceof Date ? time(value) : String(value))}`);
  const replayLines = replays.map(({ requestedAt, requestedBy, reason, outcome, detail }) =>
    printable(
      `${time(requestedAt)}  ${requestedBy}: ${reason}  ${[outcome ?? 'waiting', detail].filter(Boolean).join(': ')}`,
    ),
  );
  return [
    ...factLines,
    `properties      ${JSON.stringify(properties)}`,
    `headers         ${JSON.stringify(headers)}`,
    '',
    indented(body ?? `base64: ${bodyBase64}`),
    ...(replays.length > 0 ? ['', 'Replays', ...replayLines] : []),
  ].join('\n');
};

// so that no line of a body looks like a line of this output
const indented = (text: string): string => `  ${printableLines(text).replaceAll('\n', '\n  ')}`;

type ChoiceOptions = DeadLetterFilter & ActionOptions & { readonly all?: boolean; readonly count?: number };

const withChoiceOptions = (command: Command): Command =>
  withActionOptions(withFilterOptions(command))
    .option('--all', 'all open dead letters; required if no other option chooses')
    .option(
      '--count <n>',
      'refuse if the number that matches differs; required with --group: the count that list showed',
      positive,
    );

const choose = async ({ databases }: Context, options: ChoiceOptions): Promise<DeadLetter[]> => {
  const { because: _because, operator: _operator, dryRun, yes: _yes, all, count, ...filter } = options;
  if (!all && Object.values(filter).every((value) => value === undefined))
    throw new UsageError('Which dead letters? Choose by an option or use --all.');
  if (filter.group && count === undefined && !dryRun)
    throw new UsageError(
      'The group may have grown since you listed it. Add --count <n> with the count that `dead-letters list` showed.',
    );
  const found = await listDeadLetters(databases, filter);
  if (count !== undefined && found.length !== count)
    throw new UsageError(
      `${counted(found.length, 'dead letter')} ${found.length === 1 ? 'matches' : 'match'}, not ${count}. Nothing was done; list them again.`,
    );
  return found;
};

const dryRunAnswer = (deadLetters: readonly DeadLetter[], done: string): Answer => ({
  data: { matching: deadLetters.length, letters: deadLetters },
  text: `${deadLetters.length} would be ${done}.\n\n${deadLettersTable(deadLetters)}`,
});

const replayCommand = (cli: Cli): Command =>
  withChoiceOptions(new Command('replay'))
    .description('have the consumer handle them again, with their original message ids')
    .option('--rate <n>', 'dead letters per second; default: as fast as the consumer handles them', positive)
    .option('--wait <seconds>', 'how long to wait without progress', positive, 30)
    .action(
      answering(cli, async (context, options: ChoiceOptions & { readonly rate?: number; readonly wait: number }) => {
        const { rate, wait, ...choice } = options;
        const deadLetters = await choose(context, choice);
        if (options.dryRun) return dryRunAnswer(deadLetters, 'replayed');
        const action = actionOf(options, context);
        const results = await replayDeadLetters(context.databases, deadLetters, { action, rate, waitSeconds: wait });
        const needsAction = results.dead.length > 0 || results.waiting > 0;
        const text = describeResults(deadLetters.length, results);
        return { data: { matching: deadLetters.length, ...results }, text, needsAction };
      }),
    );

const describeResults = (matching: number, { handled, duplicate, dead, withdrawn, waiting }: ReplayResults): string =>
  [
    `${matching} matching: ${handled} handled, ${duplicate} duplicates, ${dead.length} failed again, ${withdrawn} withdrawn`,
    ...dead.map(({ deadLetterId, detail }) => `  ${deadLetterId}: ${printable(detail)}`),
    ...(waiting > 0 ? [`${waiting} waiting: is a consumer running and not paused?`] : []),
  ].join('\n');

const discardCommand = (cli: Cli): Command =>
  withChoiceOptions(new Command('discard'))
    .description('resolve them without handling; the rows stay, with who and why')
    .option('--yes', 'do not ask for confirmation')
    .action(
      answering(cli, async (context, options: ChoiceOptions) => {
        const deadLetters = await choose(context, options);
        if (options.dryRun) return dryRunAnswer(deadLetters, 'discarded');
        const action = actionOf(options, context);
        if (deadLetters.length > 0)
          await confirm(`Discard ${counted(deadLetters.length, 'dead letter')}?`, options, context.io);
        const discarded = await discardDeadLetters(context.databases, deadLetters, action);
        return { data: { matching: deadLetters.length, discarded }, text: `${discarded} discarded.` };
      }),
    );
