import { get } from './api.js';
import { element, link, quiet, table } from './dom.js';
import { counted, linked, number, time, who } from './format.js';

const words = {
  handled: 'replayed',
  duplicate: 'had been handled before',
  dead: 'failed again',
  withdrawn: 'withdrawn',
};
export const outcomeText = (outcome) => (outcome ? words[outcome] : 'being replayed');

const summaryOf = (items) => {
  const counts = Map.groupBy(items, ({ outcome }) => outcomeText(outcome));
  return [...counts].map(([text, { length }]) => `${number(length)} ${text}`).join(', ');
};

/** What failed again, with its new reason and error; similar ones once. */
const failuresOf = (items) => {
  const failed = items.filter(({ outcome }) => outcome === 'dead');
  const same = [...Map.groupBy(failed, ({ detail }) => detail)];
  return same.map(([detail, { length }]) => element('li', {}, `${counted(length, 'time')}: ${detail}`));
};

const POLL_MS = 500;

/** Shows in `place` what becomes of replays until all have an outcome, or until the place is gone. */
export const followReplays = async (place, range, draw = summary) => {
  const { service, from, to } = range;
  for (;;) {
    const { items } = await get(`/api/replays?${new URLSearchParams({ service, from, to })}`);
    place.replaceChildren(...draw(items, range));
    if (!place.isConnected || items.every(({ outcome }) => outcome)) return items;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
};

const headline = (items) => `Replay of ${counted(items.length, 'dead letter')}: ${summaryOf(items)}.`;

const summary = (items, range) => [
  element('p', {}, headline(items), ' ', link('Details', 'replays', range)),
  element('ul', { class: 'bad' }, ...failuresOf(items)),
];

const details = (items) => [
  element('p', { role: 'status' }, headline(items)),
  table('Replays', items, [
    ['dead letter', ({ deadLetterId }) => link(deadLetterId, `dead-letter/${deadLetterId}`, {}, { class: 'id' })],
    ['outcome', ({ outcome }) => outcomeText(outcome), 'short'],
    ['reason and error', ({ detail }) => linked(detail), 'long'],
    ['requested', ({ requestedAt }) => time(requestedAt)],
    ['by', ({ requestedBy }) => who(requestedBy)],
    ['why', ({ reason }) => reason],
  ]),
];

export const replaysView = (place, { params }) => {
  const shown = element('div', {});
  place.append(element('h2', {}, 'Replay'), shown);
  const range = Object.fromEntries(['service', 'from', 'to'].map((name) => [name, params.get(name)]));
  const draw = (items) => (items.length === 0 ? [quiet('There is no such replay.')] : details(items));
  void followReplays(shown, range, draw).catch((error) =>
    shown.replaceChildren(element('p', { class: 'bad' }, error.message)),
  );
};
