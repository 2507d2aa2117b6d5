import { stream } from './api.js';
import { find } from './dom.js';
import { shown } from './shown.js';

const SILENT_AFTER_MS = 10_000;
const AGAIN_AFTER_MS = 1_000;

const say = (state, sentence) => {
  const text = shown(sentence);
  const place = find('#connection');
  place.dataset.state = state;
  if (place.textContent !== text) place.textContent = text;
};

/** Follows the looks of the server, and comes back by itself; ends when the token is refused. */
export const followLooks = async (show) => {
  for (;;) {
    try {
      await followOnce(show);
      say('lost', 'connection lost, trying again');
    } catch (error) {
      if (error.status === 401 || error.status === 403) {
        say('lost', error.message);
        return;
      }
      say('lost', 'the console does not answer, trying again');
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
  }
};

const followOnce = async (show) => {
  const giveUp = new AbortController();
  let timer = setTimeout(() => giveUp.abort(), SILENT_AFTER_MS);
  const told = (look) => {
    clearTimeout(timer);
    timer = setTimeout(() => giveUp.abort(), SILENT_AFTER_MS);
    say('live', 'live');
    show(look);
  };
  try {
    await stream('/api/events', told, giveUp.signal);
  } finally {
    clearTimeout(timer);
  }
};
