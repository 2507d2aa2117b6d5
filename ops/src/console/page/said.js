import { find } from './dom.js';
import { shown } from './shown.js';

const STAYS_MS = 6_000;
let timer;

/** A sentence at the edge of the page, for a while. */
export const say = (sentence) => {
  clearTimeout(timer);
  find('#said').textContent = shown(sentence);
  timer = setTimeout(() => (find('#said').textContent = ''), STAYS_MS);
};

/** For what a button starts: what goes wrong is said. */
export const saying =
  (work) =>
  async (...given) => {
    try {
      await work(...given);
    } catch (error) {
      say(error.message);
    }
  };
