import { get, post } from './api.js';
import { ask, notify, notifyingErrors } from './dialog.js';
import { drawer, element, find, table } from './dom.js';
import { id, number, since, time } from './format.js';

const draw = drawer(find('#dead-letters .rows'));
const detail = find('#dead-letters .detail');

const countText = (count) => `${number(count)} ${count === 1 ? 'dead letter' : 'dead letters'}`;
const nameOf = ({ service, reason, fingerprint }) => `${service}, ${reason}, group ${fingerprint}`;

// service → time of the count, by the clock of its database. Later dead letters are not part of an action.
const countedAt = {};

const act = (verb, question) =>
  notifyingErrors(async (group) => {
    const { service, queue, reason, fingerprint, count } = group;
    const until = countedAt[service];
    const because = await ask({
      title: `${verb} ${countText(count)}?`,
      what: `${nameOf(group)}. ${question}`,
      act: `${verb} ${number(count)}`,
    });
    if (because === null) return;
    const shown = { service, queue, reason, fingerprint, count, until };
    const done = await post(`/api/dead-letters/${verb.toLowerCase()}`, { ...shown, because });
    notify(`${verb}: ${countText(done.count)}.`);
  });

const replay = act('Replay', 'The consumers handle them again, each with its original message id.');
const discard = act('Discard', 'They will not be handled. The rows stay, with your reason.');

const showDeadLetter = notifyingErrors(async (deadLetterId) => {
  const { body, bodyBase64, properties, headers, replays } = await get(`/api/dead-letters/${deadLetterId}`);
  const tried = replays.map((each) => ({ ...each, outcome: each.outcome ?? 'waiting' }));
  detail.querySelector('.dead-letter').replaceChildren(
    element('h3', {}, `Dead letter ${deadLetterId}`),
    element('pre', { tabindex: '0' }, pretty(body) ?? `base64: ${bodyBase64}`),
    element('pre', { tabindex: '0' }, JSON.stringify({ properties, headers }, null, 2)),
    ...(tried.length > 0
      ? [
          table('Replays', tried, [
            ['requested', (each) => time(each.requestedAt)],
            ['by', (each) => each.requestedBy],
            ['why', (each) => each.reason],
            ['outcome', (each) => [each.outcome, each.detail].filter(Boolean).join(': ')],
          ]),
        ]
      : []),
  );
});

const pretty = (body) => {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
};

const show = notifyingErrors(async (group) => {
  const { service, queue, reason, fingerprint } = group;
  const query = new URLSearchParams({ service, queue, reason, fingerprint });
  const { items } = await get(`/api/dead-letters?${query}`);
  detail.hidden = false;
  detail.replaceChildren(
    element('h3', { tabindex: '-1' }, `${nameOf(group)}: the oldest ${items.length}`),
    table('Dead letters of the group', items, [
      ['first seen', (each) => time(each.firstSeenAt)],
      ['type', (each) => each.type],
      ['message', (each) => id(each.messageId)],
      ['seen', (each) => `${each.timesSeen} ×`, 'number'],
      ['error', (each) => each.lastError],
      ['', (each) => element('button', { onclick: () => showDeadLetter(each.id) }, 'Body'), 'acts'],
    ]),
    element('div', { class: 'dead-letter' }),
    element('button', { onclick: () => ((detail.hidden = true), detail.replaceChildren()) }, 'Close'),
  );
  detail.querySelector('h3').focus();
});

const columns = [
  ['service', (group) => group.service, 'short'],
  ['reason', (group) => group.reason, 'short'],
  ['queue', (group) => group.queue],
  ['count', (group) => number(group.count), 'number'],
  ['oldest', (group) => since(group.oldestAt)],
  ['last error', (group) => group.lastError],
  [
    '',
    (group) => [
      element('button', { onclick: () => show(group) }, 'Show'),
      ' ',
      element('button', { onclick: () => replay(group) }, 'Replay'),
      ' ',
      element('button', { onclick: () => discard(group) }, 'Discard'),
    ],
    'acts',
  ],
];

export const showDeadLetters = ({ deadLetters }) => {
  if (deadLetters.error) return draw(deadLetters, () => element('p', { class: 'bad' }, deadLetters.error));
  for (const group of deadLetters) countedAt[group.service] = group.countedAt;
  const known = deadLetters.map((group) => ({ ...group, oldestAgeSeconds: null, countedAt: null }));
  return draw(known, () =>
    known.length === 0
      ? element('p', { class: 'quiet' }, 'None: every message was handled.')
      : table('Groups of dead letters', known, columns),
  );
};
