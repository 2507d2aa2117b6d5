import { element } from './dom.js';
import { age, counted, number } from './format.js';

const stage = ({ id, name, count, oldestAgeSeconds, perMinute, isLate, trouble }) => {
  const waits = count > 0 && oldestAgeSeconds !== null;
  return element(
    'li',
    { 'data-stage': id, class: isLate && 'late' },
    element('span', { class: 'name' }, name),
    element('span', { class: 'count' }, count === null ? '?' : number(count)),
    element('span', { class: 'rate' }, perMinute === null ? '' : `${number(perMinute)}/min`),
    element('span', { class: 'age' }, waits ? `oldest ${age(oldestAgeSeconds)}` : ''),
    element('span', { class: 'trouble' }, trouble ?? ''),
  );
};

export const flow = (stages) => stages.map(stage);

const late = ({ what, count, oldestAgeSeconds }) =>
  count > 0 ? `${number(count)} ${what}, the oldest ${age(oldestAgeSeconds)} ago` : `no ${what}`;

export const overdue = (rows) => rows.error ?? `In the last 24 h: ${rows.map(late).join('; ')}.`;

/** Where a problem can be acted on. */
const places = {
  'dead-letters': ({ filter }) => `#/?${new URLSearchParams({ filter })}`,
  outbox: () => '#/outbox',
  reconcile: () => '#/reconcile',
  workers: () => '#/?at=workers',
};

const problem = (one) => {
  const href = places[one.view]?.(one);
  return element('li', {}, href ? element('a', { href }, one.text) : one.text);
};

const SHOWN = 4;

export const problems = (all) => {
  if (all.length === 0) return element('p', { class: 'quiet' }, 'All is well.');
  const more = all.slice(SHOWN);
  return [
    element('ul', {}, ...all.slice(0, SHOWN).map(problem)),
    ...(more.length > 0
      ? [
          element(
            'details',
            {},
            element('summary', {}, `${counted(more.length, 'more problem')}`),
            element('ul', {}, ...more.map(problem)),
          ),
        ]
      : []),
  ];
};
