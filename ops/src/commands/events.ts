import { Command } from 'commander';
import { acting, actOf, type ActOptions } from '../acting.ts';
import { answering } from '../command.ts';
import { moment, positive } from '../options.ts';
import { assertFits, countPublished, resendEvents } from '../resend.ts';
import { Usage } from '../usage.ts';
import { emitCommand } from './emit-events.ts';

type Options = ActOptions & {
  readonly type: string;
  readonly queue: string;
  readonly since: Date;
  readonly until?: Date;
  readonly rate?: number;
  readonly sender?: string;
};

export const eventsCommand = (): Command =>
  new Command('events')
    .description('what was published, once more: resend, emit')
    .addCommand(emitCommand())
    .addCommand(
      acting(new Command('resend'))
        .description('publish what was published straight to one queue, in order, under the same ids')
        .requiredOption('--type <type>', 'such as session.completed')
        .requiredOption('--queue <queue>', 'no other queue gets copies')
        .requiredOption(
          '--since <time>',
          'published at or after: 2026-11-24T10:00:00Z, or 3d for three days ago',
          moment,
        )
        .option('--until <time>', 'published before; default: now', moment)
        .option('--rate <n>', 'messages for each second; default: as fast as the broker takes them', positive)
        .option('--sender <user>', 'broker user whom they come from; default: the name of the service')
        .action(
          answering(async (run, options: Options) => {
            const { type, queue, since, until = new Date(), rate, sender } = options;
            assertFits(queue, type);
            const act = actOf(options, run.operator);
            const matching = await countPublished(run.databases, { type, since, until });
            const broker = await run.broker();
            const [state] = await broker.readQueues([queue]);
            if (state?.ready === null) throw new Usage(`There is no queue ${queue}.`);
            if (options.dryRun) return { data: { matching }, text: `${matching} would be sent to ${queue}.` };
            const sent = await resendEvents(run.databases, broker, { type, queue, since, until, rate, sender, act });
            return { data: { matching, sent }, text: `${sent} of ${matching} sent to ${queue}.` };
          }),
        ),
    );
