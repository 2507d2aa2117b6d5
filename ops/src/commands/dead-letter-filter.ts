import { Option } from 'commander';
import type { Command } from 'commander';
import { services } from '../databases.ts';
import type { DeadLetterFilter } from '../dead-letters.ts';
import { moment, positive, uuids } from '../options.ts';

export type Filter = Omit<DeadLetterFilter, 'ids'> & { readonly id?: readonly string[]; readonly group?: string };

/** The options that choose dead letters. */
export const filtering = (command: Command): Command =>
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

export const filterOf = ({ id, group, ...rest }: Filter): DeadLetterFilter => ({
  ...rest,
  ids: id,
  fingerprint: group,
});
