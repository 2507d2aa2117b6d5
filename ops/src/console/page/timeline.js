import { get } from './api.js';
import { element, link, quiet, table } from './dom.js';
import { id, time } from './format.js';

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

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/i;

/** Of a dead letter the detail ends with its id. */
const detail = ({ what, detail: text }) => {
  const [found] = (what === 'dead letter' && uuid.exec(text)) || [];
  return found ? [text.replace(found, ''), link(found, `dead-letter/${found}`, {}, { class: 'id' })] : text;
};

/** The history of a booking and its session; `?message=` shows the way of one message only. */
export const timelineView = async (place, { id: given = '', params }) => {
  const about = decodeURIComponent(given);
  place.append(element('h2', {}, 'Timeline'));
  if (!new RegExp(`^${uuid.source}$`, 'i').test(about))
    throw new Error(`"${about}" is not an id. An id looks like 01980000-0000-7000-8000-000000000001.`);
  const trace = await get(`/api/stories/${about}`);
  const message = params.get('message');
  const steps = trace.steps.filter(({ messageId }) => !message || messageId === message);
  const path = `timeline/${about}`;
  place.append(
    summary(trace),
    ...(message ? [element('p', {}, 'Only message ', id(message), '. ', link('Show everything', path))] : []),
    steps.length === 0
      ? quiet('Nothing happened to it.')
      : table('What happened', steps, [
          ['at (UTC)', (step) => time(step.at)],
          ['service', (step) => step.service, 'short'],
          ['what', (step) => step.what, 'short'],
          ['detail', detail],
          [
            'by, or message',
            ({ actor, messageId }) => [
              ...(actor ? [element('div', { class: 'id' }, actor)] : []),
              ...(messageId ? [link(messageId, path, { message: messageId }, { class: 'id' })] : []),
            ],
          ],
        ]),
  );
};
