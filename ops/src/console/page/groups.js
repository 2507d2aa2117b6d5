import { post } from './api.js';
import { ask, notify, notifyingErrors } from './dialog.js';
import { button, element, link, table } from './dom.js';
import { counted, linked, number, since } from './format.js';
import { followReplays } from './replays.js';

export const nameOf = ({ service, reason }) => `${service} ${reason}`;

export const keyOf = ({ service, queue, reason, fingerprint }) => ({ service, queue, reason, fingerprint });

/** Every word is somewhere in the group. */
export const matches = (group, filter) => {
  const text = Object.values(group).flat().join(' ').toLowerCase();
  return filter
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
};

/** `3 being replayed, 1 failed again`. */
export const stateOf = ({ replaying, failedAgain }) =>
  [replaying > 0 && `${number(replaying)} being replayed`, failedAgain > 0 && `${number(failedAgain)} failed again`]
    .filter(Boolean)
    .join(', ');

const what = {
  Replay: 'The consumers handle them again, each with its original message id.',
  Discard: 'They will not be handled. The rows stay, with your reason.',
};

/** Asks, then replays or discards what was shown: a group until the time of its count, or the letters of `ids`. */
export const act = notifyingErrors(async (verb, group, { count, until, ids, outcome, done = () => undefined }) => {
  const because = await ask({
    title: `${verb} ${counted(count, 'dead letter')}?`,
    what: `${nameOf(group)}, group ${group.fingerprint}. ${what[verb]}`,
    act: `${verb} ${number(count)}`,
  });
  if (because === null) return;
  const body = { ...keyOf(group), count, until, ids, because };
  const acted = await post(`/api/dead-letters/${verb.toLowerCase()}`, body);
  notify(`${verb}: ${counted(acted.count, 'dead letter')}.`);
  if (acted.replays) await followReplays(outcome, { service: group.service, ...acted.replays });
  done();
});

// the latest time of a service's count: later dead letters are not part of an action
const countedAt = ({ deadLetters }, { service }) => deadLetters.find((each) => each.service === service)?.countedAt;

export const groupsTable = (groups, latest, outcome) => {
  const acting = (verb, group) =>
    button(verb, () => act(verb, group, { count: group.count, until: countedAt(latest(), group), outcome }), {
      of: nameOf(group),
    });
  return table('Groups of dead letters', groups, [
    ['service', (group) => group.service, 'short'],
    [
      'reason',
      (group) => [link(group.reason, 'group', keyOf(group)), element('div', { class: 'state' }, stateOf(group))],
      'short',
    ],
    ['queue', (group) => group.queue, 'short'],
    ['type', (group) => group.types.join(', ')],
    ['count', (group) => number(group.count), 'number'],
    ['oldest', (group) => since(group.oldestAt), 'short'],
    ['last error', (group) => linked(group.lastError), 'long'],
    [
      'actions',
      (group) => [
        link('Show', 'group', keyOf(group), { 'aria-label': `Show ${nameOf(group)}` }),
        acting('Replay', group),
        acting('Discard', group),
      ],
      'acts',
    ],
  ]);
};
