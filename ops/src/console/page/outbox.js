import { get, post } from './api.js';
import { ask, notify, notifyingErrors } from './dialog.js';
import { button, element, link, quiet, table } from './dom.js';
import { counted, number, since, time } from './format.js';

const what = {
  Unpark: 'Relays retry them at once.',
  Drop: 'They are never published. Their ids and hashes stay on record.',
};

const stateOf = ({ parkedAt, retryAt, attempts, bytes }) => {
  const state = retryAt ? ['refused, retried at ', time(retryAt)] : [parkedAt ? 'parked' : 'pending'];
  const size = `${counted(attempts, 'attempt')}, ${counted(bytes, 'byte')}`;
  return [...state, element('div', { class: 'state' }, size)];
};

const columns = (acts) => [
  ['service', (row) => row.service, 'short'],
  ['type', (row) => row.type, 'short'],
  ['of', (row) => link(row.aggregateId, `timeline/${row.aggregateId}`, { message: row.messageId }, { class: 'id' })],
  ['age', (row) => since(row.createdAt), 'short'],
  ['state', stateOf],
  ['last error', (row) => row.lastError, 'long'],
  ...(acts ? [['actions', acts, 'acts']] : []),
];

/** Events that are not published yet; parked and refused ones can be unparked or dropped. */
export const outboxView = async (place) => {
  const shown = element('div', {});
  place.append(element('h2', {}, 'Outbox'), shown);

  const act = notifyingErrors(async (verb, rows) => {
    const count = counted(rows.length, 'event');
    const because = await ask({ title: `${verb} ${count}?`, what: what[verb], act: `${verb} ${number(rows.length)}` });
    if (because === null) return;
    let done = 0;
    for (const [service, own] of Map.groupBy(rows, (row) => row.service)) {
      const messageIds = own.map(({ messageId }) => messageId);
      done += (await post(`/api/outbox/${verb.toLowerCase()}`, { service, messageIds, because })).count;
    }
    notify(`${verb}: ${number(done)} of ${count}.`);
    await load();
  });

  const load = async () => {
    const { parked, pending } = await get('/api/outbox');
    const acting = (verb, rows, text = verb, of = '') => button(text, () => act(verb, rows), { of });
    const acts = (row) =>
      ['Unpark', 'Drop'].map((verb) => acting(verb, [row], verb, `${row.service} ${row.type} ${row.messageId}`));
    const all = ['Unpark', 'Drop'].map((verb) => acting(verb, parked, `${verb} all ${number(parked.length)}`));
    shown.replaceChildren(
      element('h3', {}, 'Parked and refused'),
      ...(parked.length > 0
        ? [element('p', { class: 'acts' }, ...all), table('Parked events', parked, columns(acts))]
        : [quiet('None.')]),
      element('h3', {}, 'Pending, the oldest'),
      pending.length > 0 ? table('Pending events', pending, columns()) : quiet('None: everything is published.'),
      element('p', { class: 'acts' }, button('Refresh', notifyingErrors(load))),
    );
  };
  await load();
};
