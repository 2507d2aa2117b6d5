import { post } from './api.js';
import { ask, notify, notifyingErrors } from './dialog.js';
import { button, element, table } from './dom.js';
import { number, since } from './format.js';

const canPause = ['relay', 'consumer'];
const nameOf = ({ service, roles, host, pid }) => `${service} ${roles.join(' and ')}, ${host}, process ${pid}`;

const act = (verb, question) =>
  notifyingErrors(async (worker) => {
    const which = nameOf(worker);
    const because = await ask({ title: `${verb} one worker?`, what: `${which}. ${question}`, act: verb });
    if (because === null) return;
    await post(`/api/workers/${verb.toLowerCase()}`, { service: worker.service, target: worker.id, because });
    notify(`${verb}: ${which}.`);
  });

const pause = act(
  'Pause',
  'It finishes the messages that it is handling and takes no new ones. Other processes of its role continue.',
);
const resume = act('Resume', 'It continues at once.');

const acts = (worker) => {
  if (!worker.roles.some((role) => canPause.includes(role))) return null;
  const [verb, work] = worker.wantedPaused.length > 0 ? ['Resume', resume] : ['Pause', pause];
  return button(verb, () => work(worker), { of: nameOf(worker) });
};

const columns = [
  ['service', (worker) => worker.service, 'short'],
  ['roles', (worker) => worker.roles.join(', ')],
  ['host', (worker) => worker.host],
  ['process', (worker) => String(worker.pid)],
  ['state', (worker) => element('span', { class: worker.state === 'silent' && 'bad' }, worker.state)],
  ['in flight', (worker) => number(worker.inFlight), 'number'],
  ['last message', (worker) => since(worker.lastMessageAt), 'short'],
  ['up', (worker) => since(worker.startedAt), 'short'],
  ['actions', acts, 'acts'],
];

export const workersTable = (workers) =>
  workers.length === 0 ? element('p', { class: 'bad' }, 'No worker has reported.') : table('Workers', workers, columns);
