import { get, post } from './api.js';
import { ask, notify, notifyingErrors } from './dialog.js';
import { button, element, link, quiet, table } from './dom.js';
import { number, time } from './format.js';

const trace = (id) => link(id, `timeline/${id}`, {}, { class: 'id' });

const bookingColumns = [
  ['booking', ({ bookingId }) => trace(bookingId)],
  ['accepted', ({ acceptedAt }) => time(acceptedAt)],
  ['published again', ({ attempts }) => `${number(attempts)} ×`, 'number'],
  ['state', ({ state }) => state],
];

const sessionColumns = [
  ['session', ({ sessionId }) => trace(sessionId)],
  ['changed', ({ changedAt }) => time(changedAt)],
  ['status', ({ status }) => status],
  ['status in bookings', ({ knownStatus }) => knownStatus ?? 'none'],
  ['state', ({ state }) => state],
];

const unbookedColumns = [
  ...sessionColumns.slice(0, 3),
  ['its booking', ({ bookingStatus }) => bookingStatus ?? 'none'],
  ['same hour', ({ bookedInstead }) => (bookedInstead ? trace(bookedInstead) : '')],
];

const section = (title, caption, rows, columns) =>
  rows.length > 0 ? [element('h3', {}, title), table(caption, rows, columns)] : [];

/** What differs between the two services; what was lost can be published again. */
export const reconcileView = async (place) => {
  const shown = element('div', {}, quiet('Comparing both databases …'));
  place.append(element('h2', {}, 'Reconcile'), shown);

  const emit = notifyingErrors(async () => {
    const because = await ask({
      title: 'Publish lost events again?',
      what: 'booking.accepted with its original id, or the latest event of each session. Every subscriber gets a copy.',
      act: 'Publish',
    });
    if (because === null) return;
    const { asked, sent } = await post('/api/reconcile/emit', { because });
    notify(`${number(sent)} of ${number(asked)} published again.`);
    await load();
  });

  const load = async () => {
    const { overdue, news } = await get('/api/reconcile');
    const lost = overdue.filter(({ state }) => state !== 'session exists'); // these are among the sessions
    const unbooked = news.filter(({ state }) => state === 'unbooked');
    const known = news.filter(({ state }) => state !== 'unbooked');
    const differs = lost.length + news.length > 0;
    shown.replaceChildren(
      ...(differs ? [] : [quiet('Both services agree on every booking and session.')]),
      ...section('Accepted bookings without a session', 'Bookings', lost, bookingColumns),
      ...section('Sessions whose state bookings has not received', 'Sessions', known, sessionColumns),
      ...section('Sessions without an accepted booking', 'Unbooked', unbooked, unbookedColumns),
      element(
        'p',
        { class: 'acts' },
        ...(differs ? [button('Publish again', emit)] : []),
        button('Compare again', notifyingErrors(load)),
      ),
    );
  };
  await load();
};
