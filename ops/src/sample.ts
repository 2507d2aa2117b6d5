import { randomUUIDv7 } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { contentType } from '@mentor-sessions/contracts';
import { answering, uuid, type Cli } from './command.ts';
import { isProduction } from './config.ts';
import { UsageError } from './errors.ts';
import { publisherOf } from './event-types.ts';

type SampleOptions = { readonly type: string; readonly queue: string; readonly messageId?: string };

/** Nothing is recorded: no one's data is read, and in production it is refused. */
export const sampleCommand = (cli: Cli): Command =>
  new Command('sample')
    .description('send the golden example of an event to one queue, for developers of consumers')
    .requiredOption('--type <type>', 'such as session.completed')
    .requiredOption('--queue <queue>', 'no other queue gets it; not one of the two services')
    .option('--message-id <id>', 'send a copy of an earlier sample; default: a new event', uuid)
    .action(
      answering(cli, async (context, { type, queue, messageId = randomUUIDv7() }: SampleOptions) => {
        if (isProduction(context.io.env)) throw new UsageError('Samples are for development, not for production.');
        if (/^(bookings|sessions)\./.test(queue))
          throw new UsageError(`${queue} belongs to one of the two services. Use a queue of your own.`);
        const userId = publisherOf(type);
        const body = Buffer.from(JSON.stringify(sampleOf(type, messageId)));
        const broker = await context.broker();
        const [state] = await broker.readQueues([queue]);
        if (state?.ready === null) throw new UsageError(`There is no queue ${queue}.`);
        const sender = await broker.openSender({ queue, type, contentType, userId });
        await sender.send([{ messageId, body }]).finally(sender.close);
        return { data: { messageId, type, queue }, text: `${type} ${messageId} sent to ${queue}.` };
      }),
    );

/** With ids that follow from its message id, so that each sample has an effect and a copy of it has none. */
const sampleOf = (type: string, messageId: string): object => {
  const file = import.meta.resolve(`@mentor-sessions/contracts/fixtures/${type}.v1.json`);
  const text = readFileSync(fileURLToPath(file), 'utf8');
  const { id, data } = JSON.parse(text) as { id: string; data: { bookingId: string; sessionId: string } };
  const own = (n: number): string =>
    messageId.slice(0, -1) + ((Number.parseInt(messageId.slice(-1), 16) + n) % 16).toString(16);
  const withOwnIds = text
    .replaceAll(id, messageId)
    .replaceAll(data.bookingId, own(1))
    .replaceAll(data.sessionId, own(2));
  return JSON.parse(withOwnIds) as object;
};
