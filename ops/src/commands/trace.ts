import { Command } from 'commander';
import { answering } from '../command.ts';
import { uuid } from '../options.ts';
import { table, time } from '../output.ts';
import { traceStory, type Trace } from '../trace.ts';
import { Usage } from '../usage.ts';

export const traceCommand = (): Command =>
  new Command('trace')
    .description('what happened to a booking and its session, in both services')
    .argument('<id>', 'of the booking or the session', uuid)
    .action(
      answering(async ({ databases }, id: string) => {
        const trace = await traceStory(databases, id);
        if (!trace) throw new Usage(`Neither a booking nor a session has the id ${id}.`);
        return { data: trace, text: timeline(trace) };
      }),
    );

const timeline = ({ bookingId, sessionId, steps, ...statuses }: Trace): string =>
  [
    `booking ${bookingId}: ${statuses.bookingStatus ?? 'not known'}`,
    `session ${sessionId ?? 'none'}: ${statuses.sessionStatus ?? 'not known'}; bookings has heard: ${statuses.knownSessionStatus ?? 'nothing'}`,
    '',
    table(steps, [
      ['time', (step) => time(step.at)],
      ['service', (step) => step.service],
      ['what', (step) => step.what],
      ['detail', (step) => step.detail],
      ['actor', (step) => step.actor],
      ['message', (step) => step.messageId],
    ]),
  ].join('\n');
