import { present } from '@mentor-sessions/service-kit/database';
import type { Message } from './message.ts';

export type Entered<Data> = {
  readonly fresh: readonly Message<Data>[];
  readonly duplicates: readonly Message<Data>[];
  /** The same id with other content than the first. */
  readonly mismatches: readonly Message<Data>[];
};

/** Sorts messages by what is known of their ids: content hashes of those that were entered before. */
export const tellApart = <Data>(
  messages: readonly Message<Data>[],
  isFresh: (id: string) => boolean,
  known: ReadonlyMap<string, Buffer>,
): Entered<Data> => {
  const fresh = messages.filter(({ id }) => isFresh(id));
  const others = messages.filter(({ id }) => !isFresh(id));
  const isCopy = ({ id, contentHash }: Message<Data>): boolean =>
    present(known.get(id), `inbox.content_hash of ${id}`).equals(contentHash);
  return { fresh, duplicates: others.filter(isCopy), mismatches: others.filter((message) => !isCopy(message)) };
};
