import { followStatus, keepToken, takeToken } from './api.js';
import { deadLetterView } from './dead-letter.js';
import { element, find } from './dom.js';
import { keepCounting } from './format.js';
import { groupView } from './group.js';
import { outboxView } from './outbox.js';
import { overview } from './overview.js';
import { reconcileView } from './reconcile.js';
import { recordView } from './record.js';
import { replaysView } from './replays.js';
import { resendView } from './resend.js';
import { timelineView } from './timeline.js';

/** By the first part of the path in the fragment: `#/dead-letter/<id>`, `#/group?service=…`. */
const views = {
  '': overview,
  group: groupView,
  'dead-letter': deadLetterView,
  replays: replaysView,
  timeline: timelineView,
  outbox: outboxView,
  reconcile: reconcileView,
  resend: resendView,
  record: recordView,
};

/** Called with each status, if the view shows it. */
let update;
let status;

const showView = async () => {
  const [path, query] = location.hash.replace(/^#\/?/, '').split('?');
  const [name, id] = path.split('/');
  const place = element('div', {});
  find('#view').replaceChildren(place);
  for (const link of document.querySelectorAll('nav a'))
    link.setAttribute('aria-current', link.hash.slice(2) === name ? 'page' : 'false');
  find('#view').setAttribute('aria-busy', 'true');
  update = undefined;
  find('#notice').textContent = '';
  try {
    const shown = await (views[name] ?? overview)(place, { id, params: new URLSearchParams(query) });
    if (!place.isConnected) return; // another view was opened meanwhile
    update = shown;
    if (status) update?.(status);
  } catch (error) {
    place.append(element('p', { class: 'bad' }, error.message));
  }
  if (place.isConnected) find('#view').setAttribute('aria-busy', 'false');
};

const show = (latest) => {
  status = latest;
  update?.(latest);
};

const follow = async () => {
  document.body.classList.remove('signed-out');
  void showView();
  await followStatus(show);
  document.body.classList.add('signed-out');
  find('#view').replaceChildren();
  update = undefined;
  find('#sign-in input').focus();
};

find('#sign-in form').addEventListener('submit', (event) => {
  event.preventDefault();
  keepToken(event.target.elements.token.value);
  event.target.reset();
  void follow();
});
find('#search').addEventListener('submit', (event) => {
  event.preventDefault();
  location.hash = `#/timeline/${encodeURIComponent(event.target.elements.id.value.trim())}`;
  event.target.reset();
});
find('.skip').addEventListener('click', (event) => {
  event.preventDefault();
  find('main').focus();
});
addEventListener('hashchange', () => {
  if (!document.body.classList.contains('signed-out')) void showView();
});

keepCounting();
if (takeToken()) void follow();
else find('#connection').textContent = 'not signed in';
