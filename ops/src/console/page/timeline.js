import { get } from './api.js';
import { notifyingErrors } from './dialog.js';
import { element, find, table } from './dom.js';
import { id, time } from './format.js';

const place = find('#timeline .detail');
const form = find('#timeline form');

const summary = ({ bookingId, sessionId, bookingStatus, sessionStatus, knownSessionStatus }) =>
  element(
    'p',
    {},
    'Booking ',
    id(bookingId),
    `: ${bookingStatus ?? 'unknown'}. `,
    ...(sessionId ? ['Session ', id(sessionId), `: ${sessionStatus ?? 'none yet'}`] : ['No session']),
    knownSessionStatus === sessionStatus ? '.' : `; in bookings: ${knownSessionStatus ?? 'none'}.`,
  );

const columns = [
  ['at (UTC)', (step) => time(step.at)],
  ['service', (step) => step.service, 'short'],
  ['what', (step) => step.what, 'short'],
  ['detail', (step) => step.detail],
  ['by', (step) => id(step.actor)],
  ['message', (step) => id(step.messageId)],
];

const show = notifyingErrors(async () => {
  const trace = await get(`/api/stories/${encodeURIComponent(form.elements.id.value.trim())}`).catch((error) => {
    place.replaceChildren(element('p', { class: 'bad' }, error.message));
    throw error;
  });
  place.replaceChildren(summary(trace), table('What happened', trace.steps, columns));
});

export const startTimeline = () =>
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void show();
  });
