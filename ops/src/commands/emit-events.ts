import { Command } from 'commander';
import { acting, actOf, type ActOptions } from '../acting.ts';
import { answering } from '../command.ts';
import { emitEvents, type Emitted } from '../emissions.ts';
import { positive, uuid } from '../options.ts';
import { Usage } from '../usage.ts';

type Options = ActOptions & {
  readonly session?: string;
  readonly booking?: string;
  readonly type?: string;
  readonly again?: boolean;
  readonly wait: number;
};

export const emitCommand = (): Command =>
  acting(new Command('emit'))
    .description('publish the events of one session or booking that are missing, from its row')
    .option('--session <id>', 'events of this session', uuid)
    .option('--booking <id>', 'booking.accepted of this booking, under the message id of then', uuid)
    .option('--type <type>', 'only this one; default: every event that the row calls for')
    .option('--again', 'also those that are in the outbox or were published: everyone who is bound gets a copy')
    .option('--wait <seconds>', 'how long to wait for a consumer of the service, which does it', positive, 30)
    .action(
      answering(async ({ databases, operator }, options: Options) => {
        const { session, booking, type, again = false, wait } = options;
        const id = session ?? booking;
        if (!id || (session && booking)) throw new Usage('Say --session ID or --booking ID.');
        const service = session ? 'sessions' : 'bookings';
        if (options.dryRun) {
          const wouldBe = { service, id, type: type ?? null, again };
          return { data: wouldBe, text: `${service} would be asked to emit ${type ?? 'what is missing'} of ${id}.` };
        }
        const act = actOf(options, operator);
        const emitting = { service, ids: [id], type, again, act, patienceSeconds: wait } as const;
        const [emitted] = await emitEvents(databases, emitting);
        if (!emitted) throw new Error('the request for an emission is gone');
        return { data: emitted, text: say(emitted), isToDo: emitted.outcome !== 'emitted' };
      }),
    );

const say = ({ outcome, detail }: Emitted): string => {
  if (outcome === 'waits') return 'Not done yet: is a consumer of the service running? It will do it when it is.';
  if (outcome === 'emitted') return `${detail}.`;
  if (outcome === 'failed') return `Not emitted, for the row cannot be read: ${detail}.`;
  return `Not emitted: ${detail}. What was published is sent to one queue by ops events resend, to everyone by --again.`;
};
