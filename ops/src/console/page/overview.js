import { groupsTable, matches } from './groups.js';
import { drawer, element, quiet, to } from './dom.js';
import { counted } from './format.js';
import { flow, overdue, problems } from './flow.js';
import { workersTable } from './workers.js';

const section = (id, title, ...content) =>
  element('section', { id, 'aria-labelledby': `${id}-title` }, element('h2', { id: `${id}-title` }, title), ...content);

const unreadable = (part) => element('p', { class: 'bad' }, part.error);

const PAGE = 20;

/** Everything that is shown without a request: flow, problems, groups of dead letters, workers. */
export const overview = (place, { params }) => {
  const strip = element('ol', { class: 'strip' });
  const overdueOnes = element('p', { class: 'quiet' });
  const troubles = element('div', { class: 'problems', role: 'status' });
  const outcome = element('div', { class: 'outcome', role: 'status' });
  const filter = element('input', {
    type: 'search',
    value: params.get('filter') ?? '',
    placeholder: 'service, reason, type …',
  });
  const groups = element('div', {});
  const workers = element('div', {});
  place.append(
    section('flow', 'Flow', strip, overdueOnes, troubles),
    section('dead-letters', 'Dead letters', outcome, element('label', { class: 'filter' }, 'Filter', filter), groups),
    section('workers', 'Workers', workers),
  );
  const drawProblems = drawer(troubles);
  const drawGroups = drawer(groups);
  const drawWorkers = drawer(workers);
  let page = Number(params.get('page') ?? 1);
  let latest;
  let isFirst = true;

  const showGroups = ({ deadLetters }) => {
    if (deadLetters.error) return drawGroups(deadLetters, () => unreadable(deadLetters));
    filter.parentElement.hidden = deadLetters.length === 0;
    const found = deadLetters.filter((group) => matches(group, filter.value));
    page = Math.min(page, Math.max(1, Math.ceil(found.length / PAGE)));
    const shown = found.slice((page - 1) * PAGE, page * PAGE);
    const stable = shown.map((group) => ({ ...group, oldestAgeSeconds: null, countedAt: null }));
    return drawGroups([stable, page, found.length], () => {
      if (deadLetters.length === 0) return quiet('None: every message was handled.');
      if (found.length === 0) return quiet('No group matches the filter.');
      return [groupsTable(shown, () => latest, outcome), ...pager(found.length)];
    });
  };

  const turnTo = (next) => {
    page = next;
    history.replaceState(null, '', to('', { filter: filter.value || null, page: page > 1 ? page : null }));
    if (latest) showGroups(latest);
  };
  const pager = (count) => {
    if (count <= PAGE) return [];
    const turn = (text, next, isEnd) =>
      element('button', { type: 'button', disabled: isEnd, onclick: () => turnTo(next) }, text);
    const pages = Math.ceil(count / PAGE);
    return [
      element(
        'p',
        { class: 'pager' },
        turn('Previous', page - 1, page === 1),
        `page ${page} of ${pages}, ${counted(count, 'group')}`,
        turn('Next', page + 1, page === pages),
      ),
    ];
  };
  filter.addEventListener('input', () => turnTo(1));

  return (status) => {
    latest = status;
    strip.replaceChildren(...flow(status.flow));
    overdueOnes.textContent = overdue(status.overdue);
    drawProblems(status.problems, () => problems(status.problems));
    showGroups(status);
    const known = status.workers.error
      ? status.workers
      : status.workers.map((worker) => ({ ...worker, seenAt: null, seenAgeSeconds: null }));
    drawWorkers(known, () => (known.error ? unreadable(known) : workersTable(known)));
    const target = params.has('filter') ? 'dead-letters' : params.get('at');
    if (isFirst && target) place.querySelector(`#${CSS.escape(target)}`)?.scrollIntoView();
    isFirst = false;
  };
};
