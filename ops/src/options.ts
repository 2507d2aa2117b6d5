import { InvalidArgumentError } from 'commander';

const uuidShape = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export const uuid = (text: string): string => {
  if (!uuidShape.test(text)) throw new InvalidArgumentError('must be a UUID.');
  return text.toLowerCase();
};

export const uuids = (text: string, before: readonly string[] = []): string[] => [...before, uuid(text)];

export const positive = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('must be a whole number of at least 1.');
  return Number(text);
};

const ago = { s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** An RFC 3339 time, or how long ago: `90s`, `15min`, `2h`, `3d`. */
export const moment = (text: string): Date => {
  const [, count, unit] = /^(\d{1,6})(s|min|h|d)$/.exec(text) ?? [];
  if (count && unit) return new Date(Date.now() - Number(count) * ago[unit as keyof typeof ago]);
  const at = new Date(text);
  if (!/^\d{4}-\d\d-\d\d/.test(text) || Number.isNaN(at.getTime()))
    throw new InvalidArgumentError('must be a time like 2026-11-24T10:00:00Z, or 90s, 15min, 2h, 3d for ago.');
  return at;
};
