import { post } from './api.js';
import { ask, notify, notifyingErrors } from './dialog.js';
import { button, element, table } from './dom.js';
import { number, since } from './format.js';

const canPause = ['relay', 'consumer'];
const nameOf = ({ service, roles, host, pid }) => `${service} ${roles.join(' and ')}, ${host}, process ${pid}`;

const act = (verb, question, targetsOf) =>
  notifyingErrors(async (worker) => {
    const which = nameOf(worker);
    const because = await ask({ title: `${verb} one worker?`, what: `${which}. ${question}`, act: verb });
    if (because === null) return;
    for (const target of targetsOf(worker))
      await post(`/api/workers/${verb.toLowerCase()}`, { service: worker.service, target, because });
    notify(`${verb}: ${which}.`);
  });

const pause = act(
  'Pause',
  'It finishes the messages that it is handling and takes no new ones. Other processes of its role continue.',
  ({ id }) => [id],
);
const resume = act(
  'Resume',
  'It continues at once, and so does each other process if the whole role was paused.',
  ({ wantedPaused }) => wantedPaused,
);

const stateOf = ({ state, paused }) => (state === 'paused' ? `paused (${paused.join(', ')})` : state);

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
  ['state', (worker) => element('span', { class: worker.state === 'silent' && 'bad' }, stateOf(worker))],
  ['in flight', (worker) => number(worker.inFlight), 'number'],
  ['last message', (worker) => since(worker.lastMessageAt), 'short'],
  ['up', (worker) => since(worker.startedAt), 'short'],
  ['actions', acts, 'acts'],
];

export const workersTable = (workers) =>
  workers.length === 0 ? element('p', { class: 'bad' }, 'No worker has reported.') : table('Workers', workers, columns);
