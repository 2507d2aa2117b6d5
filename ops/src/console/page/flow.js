import { drawer, element, find } from './dom.js';
import { age, number } from './format.js';

const REMEMBERED = 120;
const history = new Map();

const draw = drawer(find('#flow .problems'));

/** The counts of the last two minutes as a line, the latest on the right. */
const sparkline = ({ id, count }) => {
  const counts = [...(history.get(id) ?? []), count ?? 0].slice(-REMEMBERED);
  history.set(id, counts);
  const most = Math.max(1, ...counts);
  const points = counts.map((each, index) => `${REMEMBERED - counts.length + index},${23 - (22 * each) / most}`);
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', `0 0 ${REMEMBERED} 24`);
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
  line.setAttribute('points', points.join(' '));
  svg.append(line);
  return svg;
};

const stage = (each) => {
  const { id, name, count, oldestAgeSeconds, isLate, trouble } = each;
  const waits = count > 0 && oldestAgeSeconds !== null;
  return element(
    'li',
    { 'data-stage': id, class: isLate && 'late' },
    element('span', { class: 'name' }, name),
    element('span', { class: 'count' }, count === null ? '?' : number(count)),
    element('span', { class: 'age' }, waits ? `oldest ${age(oldestAgeSeconds)}` : ''),
    element('span', { class: 'trouble' }, trouble ?? ''),
    sparkline(each),
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
