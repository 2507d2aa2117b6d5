import { raw } from '@mikro-orm/postgresql';

/** Position in a list that is ordered by start, then id: the last item seen. */
export type Cursor = { readonly start: Date; readonly id: string };

export type PageRequest = { readonly order: 'asc' | 'desc'; readonly limit: number; readonly cursor: Cursor | null };

export type Page<Item> = { readonly items: readonly Item[]; readonly nextCursor: string | null };

export type Period = {
  /** Of start, inclusive. */
  readonly from?: Date | undefined;
  /** Of start, exclusive. */
  readonly to?: Date | undefined;
  /** Of end, exclusive: with `to`, everything that overlaps a period. */
  readonly endsAfter?: Date | undefined;
};

/** What every list can be narrowed to, beside properties that equal. */
export type Filter = Period & {
  readonly ids?: readonly string[] | undefined;
  readonly status?: readonly string[] | undefined;
  /** Rows that fulfil one of these conditions of MikroORM; none fulfils two. */
  readonly anyOf?: readonly object[] | undefined;
};

const DAY_MS = 86_400_000;
/** A day before a time of the first year may be in the year 0, which PostgreSQL does not have. */
const FIRST_MS = Date.parse('0001-01-01T00:00:00Z');
/** As the indexes `…_long_by_…` have it. */
const isLong = `end_time - start_time > interval '24 hours'`;

type Scan = Period & { readonly ids?: readonly string[] | undefined; readonly isLong?: true; readonly where?: object };

/**
 * The filter as index scans, each in the order of start: one for each owner, status and condition. What ends after a time
 * has no bound of start, so it takes two: what is up to a day long cannot have started more than a day before, and what is
 * longer has an index of its own.
 */
export const scansOf = (
  owners: readonly Readonly<Record<string, string>>[],
  { status, anyOf, ...filter }: Filter & object,
): (Scan & object)[] => {
  const { from, endsAfter } = filter;
  const starts = Math.max(from?.getTime() ?? FIRST_MS, (endsAfter?.getTime() ?? 0) - DAY_MS);
  const scans: Scan[] = endsAfter
    ? [
        { ...filter, from: new Date(starts) },
        { ...filter, isLong: true },
      ]
    : [filter];
  const statuses = status?.map((one) => ({ status: one })) ?? [{}];
  const conditions = anyOf?.map((where) => ({ where })) ?? [{}];
  return owners.flatMap((owner) =>
    statuses.flatMap((one) =>
      conditions.flatMap((condition) => scans.map((scan) => ({ ...scan, ...owner, ...one, ...condition }))),
    ),
  );
};

/**
 * Conditions and order of a page as MikroORM's `find` takes them: what equals, the period, and all beyond the cursor. It
 * asks for one item more than the page has, so that the caller knows whether there is another page.
 */
export const keysetFind = (
  { from, to, endsAfter, ids, isLong: long, where, ...equal }: Scan & object,
  { order, limit, cursor }: PageRequest,
) => {
  const beyond = order === 'asc' ? '$gt' : '$lt';
  const conditions: object[] = [
    Object.fromEntries(Object.entries(equal).filter(([, value]) => value !== undefined)),
    ...(ids ? [{ id: { $in: ids } }] : []),
    ...(from ? [{ startTime: { $gte: from } }] : []),
    ...(to ? [{ startTime: { $lt: to } }] : []),
    ...(endsAfter ? [{ endTime: { $gt: endsAfter } }] : []),
    ...(long ? [{ [raw(isLong)]: [] }] : []),
    ...(where ? [where] : []),
  ];
  // the first condition bounds the index scan, the second one leaves out what was seen at that very start
  if (cursor) {
    conditions.push({ startTime: { [`${beyond}e`]: cursor.start } });
    conditions.push({ $or: [{ startTime: { [beyond]: cursor.start } }, { id: { [beyond]: cursor.id } }] });
  }
  return { where: { $and: conditions }, options: { orderBy: [{ startTime: order }, { id: order }], limit: limit + 1 } };
};

type Listed = { readonly id: string; readonly startTime: Date };

/**
 * One page out of several lists of the same order, each with up to `limit + 1` items: an `or` over their conditions
 * could not page by an index, so each list is an index scan of its own. An item of two lists is there once.
 */
export const mergePages = <Item extends Listed>(
  lists: readonly Item[][],
  { order, limit }: PageRequest,
): Page<Item> => {
  const sign = order === 'asc' ? 1 : -1;
  const items = [...new Map(lists.flat().map((item) => [item.id, item])).values()];
  items.sort((a, b) => sign * (a.startTime.getTime() - b.startTime.getTime() || (a.id < b.id ? -1 : 1)));
  const last = items[limit - 1];
  const isMore = items.length > limit && last;
  return {
    items: items.slice(0, limit),
    nextCursor: isMore ? encodeCursor({ start: last.startTime, id: last.id }) : null,
  };
};

export const encodeCursor = ({ start, id }: Cursor): string =>
  Buffer.from(`${start.toISOString()} ${id}`).toString('base64url');

const cursorText = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Null for a text that `encodeCursor` did not make, such as one with 30 February or with the hour 24. */
export const decodeCursor = (text: string): Cursor | null => {
  const [, time, id] = cursorText.exec(Buffer.from(text, 'base64url').toString('latin1')) ?? [];
  if (!time || !id || time.startsWith('0000')) return null;
  const start = new Date(time);
  return !Number.isNaN(start.getTime()) && start.toISOString() === time ? { start, id } : null;
};
