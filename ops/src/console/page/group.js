import { get } from './api.js';
import { button, element, facts, link, quiet, table } from './dom.js';
import { linked, number, since, time } from './format.js';
import { act, keyOf, nameOf, stateOf } from './groups.js';

/** One group: its dead letters, chosen one by one or all at once. */
export const groupView = async (place, { params }) => {
  const key = keyOf(Object.fromEntries(params));
  const page = Number(params.get('page') ?? 1);
  const outcome = element('div', { class: 'outcome', role: 'status' });
  const shown = element('div', {});
  const chosen = new Set();
  place.append(element('h2', {}, `Dead letters: ${nameOf(key)}`), outcome, shown);

  const load = async () => {
    const { group, items, pages } = await get(`/api/dead-letters?${new URLSearchParams({ ...key, page })}`);
    for (const id of chosen) if (!items.some((item) => item.id === id)) chosen.delete(id);
    shown.replaceChildren(...(group ? drawn(group, items, pages) : [quiet('No dead letter of this group is open.')]));
  };

  const drawn = (group, items, pages) => {
    const all = (verb) =>
      button(`${verb} all ${number(group.count)}`, () =>
        act(verb, group, { count: group.count, until: group.countedAt, outcome, done: load }),
      );
    const some = (verb) =>
      button(`${verb} chosen`, () => act(verb, group, { count: chosen.size, ids: [...chosen], outcome, done: load }));
    const ofChosen = [some('Replay'), some('Discard')];
    const enable = () => ofChosen.forEach((each) => (each.disabled = chosen.size === 0));
    const choose = (boxes, isChosen) => {
      for (const box of boxes) {
        box.checked = isChosen;
        chosen[isChosen ? 'add' : 'delete'](box.value);
      }
      enable();
    };
    const box = ({ id, messageId }) =>
      element('input', {
        type: 'checkbox',
        name: 'letter',
        value: id,
        checked: chosen.has(id),
        'aria-label': `Choose message ${messageId ?? 'without id'}`,
        onchange: ({ target }) => choose([target], target.checked),
      });
    const rows = table('Dead letters of the group', items, [
      ['choose', box],
      ['message', (each) => link(each.messageId ?? 'without id', `dead-letter/${each.id}`, {}, { class: 'id' })],
      ['first seen', (each) => time(each.firstSeenAt)],
      ['type', (each) => each.type],
      ['seen', (each) => `${each.timesSeen} ×`, 'number'],
      ['replays', (each) => stateOf({ replaying: each.replayWaits ? 1 : 0, failedAgain: each.failedAgain })],
      ['error', (each) => linked(each.lastError), 'long'],
    ]);
    const allBox = element('input', {
      type: 'checkbox',
      onchange: ({ target }) => choose(rows.querySelectorAll('[name=letter]'), target.checked),
    });
    enable();
    return [
      facts({ queue: group.queue, count: number(group.count), replays: stateOf(group), oldest: since(group.oldestAt) }),
      element('p', { class: 'acts' }, all('Replay'), all('Discard'), ...ofChosen),
      element('label', { class: 'check' }, allBox, 'Choose all on this page'),
      rows,
      ...pager(pages),
    ];
  };

  const pager = (pages) => {
    if (pages <= 1) return [];
    const turn = (text, next) => (next >= 1 && next <= pages ? [link(text, 'group', { ...key, page: next })] : []);
    return [
      element(
        'p',
        { class: 'pager' },
        ...turn('Previous', page - 1),
        `page ${page} of ${pages}`,
        ...turn('Next', page + 1),
      ),
    ];
  };

  await load();
  let seen;
  return ({ deadLetters }) => {
    const same = (group) => JSON.stringify(keyOf(group)) === JSON.stringify(key);
    const now = deadLetters.error
      ? seen
      : JSON.stringify(deadLetters.find(same) ?? null, ['count', 'timesSeen', 'replaying', 'failedAgain']);
    if (seen !== undefined && now !== seen) void load().catch(() => undefined); // the next status tries again
    seen = now;
  };
};
