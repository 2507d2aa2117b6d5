import { drawer, element, find } from './dom.js';
import { age, number } from './format.js';

const draw = drawer(find('#flow .problems'));

const stage = ({ id, name, count, oldestAgeSeconds, isLate, trouble }) => {
  const waits = count > 0 && oldestAgeSeconds !== null;
  return element(
    'li',
    { 'data-stage': id, class: isLate && 'late' },
    element('span', { class: 'name' }, name),
    element('span', { class: 'count' }, count === null ? '?' : number(count)),
    element('span', { class: 'age' }, waits ? `oldest ${age(oldestAgeSeconds)}` : ''),
    element('span', { class: 'trouble' }, trouble ?? ''),
  );
};

export const showFlow = ({ flow, problems }) => {
  find('#flow .strip').replaceChildren(...flow.map(stage));
  draw(problems, () =>
    problems.length === 0
      ? element('p', { class: 'quiet' }, 'All is well.')
      : element('ul', {}, ...problems.map((each) => element('li', {}, each))),
  );
};
