import { Command, Option } from 'commander';
import { printable } from '@mentor-sessions/service-kit/printable';
import { acting, actOf, type ActOptions } from '../acting.ts';
import { answering, type Run } from '../command.ts';
import { services, type Service } from '../databases.ts';
import { age, table, time } from '../output.ts';
import { Usage } from '../usage.ts';
import {
  listPauses,
  listWorkers,
  pauseWorkers,
  resumeWorkers,
  type Pause,
  type Target,
  type Worker,
} from '../workers.ts';

export const workersCommand = (): Command =>
  new Command('workers')
    .description('processes by their heartbeats: list, pause, resume')
    .addCommand(listCommand())
    .addCommand(pauseCommand())
    .addCommand(resumeCommand());

const listCommand = (): Command =>
  new Command('list')
    .description('who runs, what is in their hands, what stands still')
    .option('--all', 'also those that ended')
    .action(
      answering(async ({ databases }, { all }: { all?: boolean }) => {
        const [workers, pauses] = [await listWorkers(databases, { all: all ?? false }), await listPauses(databases)];
        const isToDo = pauses.length > 0 || workers.some(({ state }) => state === 'silent');
        return { data: { workers, pauses }, text: [workersTable(workers), ...sayPauses(pauses)].join('\n'), isToDo };
      }),
    );

type Which = ActOptions & { readonly service: Service };

const target = (command: Command): Command =>
  acting(command)
    .argument('<target>', 'relay, consumer, or the id of one worker')
    .addOption(new Option('--service <service>', 'of which service').choices(services).makeOptionMandatory());

const matching = async ({ databases }: Run, { service, target: what }: Target): Promise<Worker[]> =>
  (await listWorkers(databases)).filter(
    (worker) => worker.service === service && (worker.id === what || worker.roles.includes(what)),
  );

const pauseCommand = (): Command =>
  target(new Command('pause'))
    .description('let it stand still, within a second, until it is resumed; a role also in processes that come later')
    .action(
      answering(async (run, what: string, options: Which) => {
        const which = { service: options.service, target: what };
        const workers = await matching(run, which);
        const isRole = ['relay', 'consumer'].includes(what);
        if (!isRole && workers.length === 0) throw new Usage(`Neither relay nor consumer nor a worker: ${what}.`);
        const act = actOf(options, run.operator);
        if (!options.dryRun) await pauseWorkers(run.databases, which, act);
        const verb = options.dryRun ? 'would pause' : 'to pause';
        return { data: { ...which, workers: workers.length }, text: `${workers.length} workers ${verb}.` };
      }),
    );

const resumeCommand = (): Command =>
  target(new Command('resume'))
    .description('let it go on')
    .action(
      answering(async (run, what: string, options: Which) => {
        const which = { service: options.service, target: what };
        const act = actOf(options, run.operator);
        const paused = (await listPauses(run.databases)).some(
          (pause) => pause.service === which.service && pause.target === what,
        );
        if (!paused) throw new Usage(`${what} of ${options.service} is not paused.`);
        if (!options.dryRun) await resumeWorkers(run.databases, which, act);
        return { data: which, text: `${what} of ${options.service} goes on.` };
      }),
    );

const workersTable = (workers: readonly Worker[]): string =>
  table(workers, [
    ['service', (row) => row.service],
    ['roles', (row) => row.roles.join('+')],
    ['host', (row) => row.host],
    ['pid', (row) => row.pid],
    ['version', (row) => row.version],
    ['state', (row) => row.state],
    ['seen', (row) => age(row.seenAgeSeconds)],
    ['in flight', (row) => row.inFlight],
    ['last message', (row) => time(row.lastMessageAt)],
    ['id', (row) => row.id],
  ]);

const sayPauses = (pauses: readonly Pause[]): string[] =>
  pauses.map(({ service, target, pausedBy, pausedAt, reason }) => {
    return printable(`${service} ${target} is paused by ${pausedBy} since ${time(pausedAt)}: ${reason}`);
  });
