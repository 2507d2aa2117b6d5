import { get } from './api.js';
import { button, element, facts, link, table } from './dom.js';
import { linked, number, time, who } from './format.js';
import { act, keyOf, nameOf } from './groups.js';
import { outcomeText } from './replays.js';

const pretty = (body) => {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
};

const block = (title, text) => [element('h3', {}, title), element('pre', { tabindex: '0', 'aria-label': title }, text)];

const stateOf = ({ resolution, resolvedBy, resolutionNote, replayWaits }) => {
  if (!resolution) return replayWaits ? 'open, being replayed' : 'open';
  return [resolution, resolvedBy && `by ${resolvedBy}`, resolutionNote].filter(Boolean).join(': ');
};

const drawn = (letter, actions) => [
  facts({
    error: linked(letter.lastError),
    state: stateOf(letter),
    booking: letter.about && link(letter.about, `timeline/${letter.about}`, {}, { class: 'id' }),
    message: letter.messageId && element('span', { class: 'id' }, letter.messageId),
    type: letter.type,
    queue: letter.queue,
    group: !letter.resolution && link('similar dead letters', 'group', keyOf(letter)),
    seen: `${number(letter.timesSeen)} ×`,
    attempts: number(letter.attempts),
    'first seen': time(letter.firstSeenAt),
    'last seen': time(letter.lastSeenAt),
  }),
  ...(letter.resolution ? [] : [element('p', { class: 'acts' }, ...actions)]),
  ...(letter.replays.length > 0
    ? [
        element('h3', {}, 'Replays'),
        table('Replays', letter.replays, [
          ['requested', (each) => time(each.requestedAt)],
          ['by', (each) => who(each.requestedBy)],
          ['why', (each) => each.reason],
          ['outcome', (each) => outcomeText(each.outcome), 'short'],
          ['reason and error', (each) => linked(each.detail), 'long'],
        ]),
      ]
    : []),
  ...block('Body', pretty(letter.body) ?? `base64: ${letter.bodyBase64}`),
  ...block(
    'Properties and headers',
    JSON.stringify({ properties: letter.properties, headers: letter.headers }, null, 2),
  ),
];

/** One dead letter in full; opening it is recorded. */
export const deadLetterView = async (place, { id }) => {
  const outcome = element('div', { class: 'outcome', role: 'status' });
  const shown = element('div', {});
  place.append(element('h2', {}, 'Dead letter ', element('span', { class: 'id' }, id)), outcome, shown);
  const load = async () => {
    const letter = await get(`/api/dead-letters/${encodeURIComponent(id)}`);
    place.querySelector('h2').textContent = `Dead letter: ${nameOf(letter)}`;
    const acting = (verb) =>
      button(verb, () => act(verb, letter, { count: 1, ids: [letter.id], outcome, done: load }), {
        of: nameOf(letter),
      });
    shown.replaceChildren(...drawn(letter, [acting('Replay'), acting('Discard')]));
  };
  await load();
};
