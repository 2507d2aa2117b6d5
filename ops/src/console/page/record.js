import { get } from './api.js';
import { element, link, quiet, table, to } from './dom.js';
import { number, time, who } from './format.js';

const SHOWN = 5;
const paths = { deadLetter: 'dead-letter', deadLetters: 'dead-letter', aggregates: 'timeline' };

/** What it was done to; ids are links where there is a view. */
const subjectOf = ({ subject }) =>
  Object.entries(subject ?? {})
    .filter(([, value]) => value !== null)
    .flatMap(([name, value]) => {
      const path = paths[name];
      const all = [value].flat();
      const shown = all.slice(0, SHOWN).flatMap((each) => {
        const text = typeof each === 'string' ? each : JSON.stringify(each);
        return [' ', path ? link(text, `${path}/${text}`, {}, { class: 'id' }) : text];
      });
      const more = all.length > SHOWN ? [` and ${number(all.length - SHOWN)} more`] : [];
      return [element('div', {}, `${name}:`, ...shown, ...more)];
    });

/** Who did what and why, latest first. */
export const recordView = async (place, { params }) => {
  const filter = element('input', { type: 'search', name: 'operator', value: params.get('operator') ?? '' });
  const query = new URLSearchParams([...params].filter(([, value]) => value));
  place.append(
    element('h2', {}, 'Record'),
    element(
      'form',
      {
        onsubmit: (event) => {
          event.preventDefault();
          location.hash = to('record', { operator: filter.value.trim() || null });
        },
      },
      element('label', {}, 'Operator', filter),
      element('button', {}, 'Filter'),
    ),
  );
  const { items, next } = await get(`/api/actions?${query}`);
  place.append(
    items.length === 0
      ? quiet('Nothing is recorded.')
      : table('What operators did', items, [
          ['at (UTC)', ({ at }) => time(at)],
          ['service', ({ service }) => service, 'short'],
          ['who', ({ operator }) => who(operator)],
          ['what', ({ action }) => action, 'short'],
          ['why', ({ reason }) => reason],
          ['to', subjectOf, 'long'],
        ]),
    ...(next
      ? [element('p', { class: 'pager' }, link('Older', 'record', { operator: params.get('operator'), until: next }))]
      : []),
  );
};
