import { get, post } from './api.js';
import { ask, notifyingErrors } from './dialog.js';
import { element, quiet } from './dom.js';
import { counted, number } from './format.js';

const field = (label, control) => element('label', {}, label, control);

/** Sends published events to one queue only. */
export const resendView = async (place) => {
  const { types } = await get('/api/events/types');
  const type = element('select', { name: 'type' }, ...types.map((each) => element('option', {}, each)));
  const queue = element('input', { name: 'queue', autocomplete: 'off', spellcheck: 'false', required: true });
  const time = (name, required) => element('input', { name, type: 'datetime-local', step: '1', required });
  const [since, until] = [time('since', true), time('until', false)];
  const outcome = element('p', { role: 'status' });

  const send = notifyingErrors(async () => {
    const instant = ({ value }) => (value ? new Date(`${value}Z`).toISOString() : undefined);
    const which = { type: type.value, queue: queue.value.trim(), since: instant(since), until: instant(until) };
    const given = Object.entries(which).filter(([, value]) => value);
    const { matching } = await get(`/api/events/published?${new URLSearchParams(given)}`);
    const count = counted(matching, 'event');
    outcome.textContent = `${count} found.`;
    if (matching === 0) return;
    const what = `${type.value} to ${queue.value} only, in order, with the same ids.`;
    const because = await ask({ title: `Send ${count}?`, what, act: `Send ${number(matching)}` });
    if (because === null) return;
    outcome.textContent = `Sending ${count} …`;
    const { sent } = await post('/api/events/resend', { ...which, because }).catch((error) => {
      outcome.textContent = error.message;
      throw error;
    });
    outcome.textContent = `${number(sent)} of ${count} sent to ${queue.value}.`;
  });

  place.append(
    element('h2', {}, 'Resend'),
    quiet(
      'Sends published events to one queue, for a new subscriber or one that lost them. No other queue gets copies.',
    ),
    element(
      'form',
      { onsubmit: (event) => (event.preventDefault(), void send()) },
      field('Type', type),
      field('Queue', queue),
      field('Published since (UTC)', since),
      field('and before (UTC); default: now', until),
      element('button', {}, 'Count and send'),
    ),
    outcome,
  );
};
