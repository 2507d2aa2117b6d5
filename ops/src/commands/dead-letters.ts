import { Command, Option } from 'commander';
import { printable } from '@mentor-sessions/service-kit/printable';
import { acting, actOf, confirm, type ActOptions } from '../acting.ts';
import { answering, type Answer, type Run } from '../command.ts';
import { discardDeadLetters, groupDeadLetters, listDeadLetters, type DeadLetter } from '../dead-letters.ts';
import { showDeadLetter } from '../dead-letter-in-full.ts';
import { positive, uuid } from '../options.ts';
import { replayDeadLetters, type ReplayResults } from '../replays.ts';
import { Usage } from '../usage.ts';
import { filtering, filterOf, type Filter } from './dead-letter-filter.ts';
import { groupsTable, inFull, lettersTable } from './dead-letter-tables.ts';

export const deadLettersCommand = (): Command =>
  new Command('dead-letters')
    .description('messages that could not be handled: list, show, replay, discard')
    .addCommand(listCommand())
    .addCommand(showCommand())
    .addCommand(replayCommand())
    .addCommand(discardCommand());

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
    .description('one dead letter in full, and what was tried with it; who looked is recorded')
    .argument('<id>', 'of the dead letter', uuid)
    .option('--because <why>', 'kept with who looked', 'to see what is wrong with it')
    .option('--operator <name>', 'who looks; default: OPERATOR, or the name of the system’s user')
    .action(
      answering(async ({ databases, operator }, id: string, options: ActOptions) => {
        const letter = await showDeadLetter(databases, id, actOf(options, operator));
        if (!letter) throw new Usage(`There is no dead letter ${id}.`);
        return { data: letter, text: inFull(letter) };
      }),
    );

type Choosing = Filter & ActOptions & { readonly all?: boolean; readonly count?: number };

const choosing = (command: Command): Command =>
  acting(filtering(command))
    .option('--all', 'all that are open, when nothing else chooses')
    .option(
      '--count <n>',
      'act only if exactly so many match; required with --group: the count that list showed',
      positive,
    );

const chosen = async ({ databases }: Run, options: Choosing): Promise<DeadLetter[]> => {
  const { because: _because, operator: _operator, dryRun: _dryRun, yes: _yes, all, count, ...filter } = options;
  if (!all && Object.values(filter).every((value) => value === undefined))
    throw new Usage('Which dead letters? Choose by an option, or say --all.');
  if (filter.group && count === undefined && !options.dryRun)
    throw new Usage(
      'A group may have grown since you looked: say --count <n>, the count that `dead-letters list` showed.',
    );
  const found = await listDeadLetters(databases, filterOf(filter));
  if (count !== undefined && found.length !== count)
    throw new Usage(`${found.length} dead letters match, not ${count}. Nothing was done; look again.`);
  return found;
};

const wouldBe = (letters: readonly DeadLetter[], done: string): Answer => ({
  data: { matching: letters.length, letters },
  text: `${letters.length} would be ${done}.\n\n${lettersTable(letters)}`,
});

type ReplayOptions = Choosing & { readonly rate?: number; readonly wait: number };

const replayCommand = (): Command =>
  choosing(new Command('replay'))
    .description('let the consumer handle them again, under their own ids')
    .option('--rate <n>', 'so many for each second; default: as fast as the consumer does them', positive)
    .option('--wait <seconds>', 'how long to wait while nothing happens', positive, 30)
    .action(
      answering(async (run, { rate, wait, ...options }: ReplayOptions) => {
        const letters = await chosen(run, options);
        if (options.dryRun) return wouldBe(letters, 'replayed');
        const act = actOf(options, run.operator);
        const results = await replayDeadLetters(run.databases, letters, { act, rate, patienceSeconds: wait });
        const isToDo = results.dead.length > 0 || results.waiting > 0;
        return { data: { matching: letters.length, ...results }, text: sayResults(letters.length, results), isToDo };
      }),
    );

const sayResults = (matching: number, { handled, duplicate, dead, withdrawn, waiting }: ReplayResults): string =>
  [
    `${matching} matching: ${handled} handled, ${duplicate} duplicates, ${dead.length} dead again, ${withdrawn} withdrawn`,
    ...dead.map(({ deadLetterId, detail }) => `  ${deadLetterId}: ${printable(detail)}`),
    ...(waiting > 0 ? [`${waiting} wait: is a consumer running, and not paused?`] : []),
  ].join('\n');

const discardCommand = (): Command =>
  choosing(new Command('discard'))
    .description('resolve them without handling; the rows stay, with who and why')
    .option('--yes', 'do not ask')
    .action(
      answering(async (run, options: Choosing) => {
        const letters = await chosen(run, options);
        if (options.dryRun) return wouldBe(letters, 'discarded');
        const act = actOf(options, run.operator);
        if (letters.length > 0) await confirm(`Discard ${letters.length} dead letters?`, options);
        const discarded = await discardDeadLetters(run.databases, letters, act);
        return { data: { matching: letters.length, discarded }, text: `${discarded} discarded.` };
      }),
    );
