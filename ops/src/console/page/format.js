import { element, link } from './dom.js';

const units = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
  [1, 's'],
];

/** `75` → `1 min 15 s`; at most two units. */
export const age = (seconds) => {
  if (seconds < 1) return 'under 1 s';
  const first = units.findIndex(([size]) => seconds >= size);
  let rest = Math.floor(seconds);
  const parts = units.slice(first, first + 2).map(([size, unit]) => {
    const count = Math.floor(rest / size);
    rest -= count * size;
    return count > 0 ? `${count} ${unit}` : '';
  });
  return parts.filter(Boolean).join(' ');
};

export const number = (count) => count.toLocaleString('en');

/** `1 dead letter`, `2 dead letters`. */
export const counted = (count, noun) => `${number(count)} ${noun}${count === 1 ? '' : 's'}`;

/** In UTC, like the logs. */
export const time = (at) =>
  at ? element('time', { datetime: at }, new Date(at).toISOString().slice(0, -1).replace('T', ' ')) : null;

/** How long ago; keeps counting. */
export const since = (at) => (at ? element('time', { datetime: at, 'data-since': at }, ago(at)) : null);

const ago = (at) => age((Date.now() - Date.parse(at)) / 1_000);

export const keepCounting = () =>
  setInterval(() => {
    for (const each of document.querySelectorAll('[data-since]')) each.textContent = ago(each.dataset.since);
  }, 1_000);

const uuid = /([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/i;

/** Ids in a text lead to the timeline: most are of bookings and sessions. */
export const linked = (text) =>
  text?.split(uuid).map((part) => (uuid.test(part) ? link(part, `timeline/${part}`, {}, { class: 'id' }) : part));

/** An operator: name and id, as the console records them, or the name that the command line was given. */
export const who = (operator) => {
  const [name, userId] = (operator ?? '').split(uuid);
  return userId ? [name.replace(/ \($/, ''), element('div', { class: 'id quiet' }, userId)] : operator;
};

export const id = (text) => (text ? element('span', { class: 'id' }, text) : null);
