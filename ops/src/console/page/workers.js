import { post } from './api.js';
import { ask, notify, notifyingErrors } from './dialog.js';
import { drawer, element, find, table } from './dom.js';
import { number, since } from './format.js';

const draw = drawer(find('#workers .rows'));
const canPause = ['relay', 'consumer'];

const act = (verb, question) =>
  notifyingErrors(async ({ service, id, roles, host, pid }) => {
    const which = `${service} ${roles.join(' and ')}, ${host}, process ${pid}`;
    const because = await ask({ title: `${verb} one worker?`, what: `${which}. ${question}`, act: verb });
    if (because === null) return;
    await post(`/api/workers/${verb.toLowerCase()}`, { service, target: id, because });
    notify(`${verb}: ${which}.`);
  });

const pause = act(
  'Pause',
  'It finishes the messages that it is handling and takes no new ones. Other processes of its role continue.',
);
const resume = act('Resume', 'It continues at once.');

const button = (worker) => {
  if (!worker.roles.some((role) => canPause.includes(role))) return null;
  return worker.wantedPaused.length > 0
    ? element('button', { onclick: () => resume(worker) }, 'Resume')
    : element('button', { onclick: () => pause(worker) }, 'Pause');
};

const columns = [
  ['service', (worker) => worker.service, 'short'],
  ['roles', (worker) => worker.roles.join(', ')],
  ['host', (worker) => worker.host],
  ['process', (worker) => String(worker.pid)],
  ['state', (worker) => element('span', { class: worker.state === 'silent' && 'bad' }, worker.state)],
  ['in flight', (worker) => number(worker.inFlight), 'number'],
  ['last message', (worker) => since(worker.lastMessageAt)],
  ['up', (worker) => since(worker.startedAt)],
  ['', button, 'acts'],
];

export const showWorkers = ({ workers }) => {
  if (workers.error) return draw(workers, () => element('p', { class: 'bad' }, workers.error));
  const known = workers.map((worker) => ({ ...worker, seenAt: null, seenAgeSeconds: null }));
  return draw(known, () =>
    known.length === 0 ? element('p', { class: 'bad' }, 'No worker has reported.') : table('Workers', known, columns),
  );
};
