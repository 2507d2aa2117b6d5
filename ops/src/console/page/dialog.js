import { escapeUnsafe, find } from './dom.js';

const dialog = find('#ask');

/** Shows what will be done and asks for the reason. Resolves to the reason, or null if cancelled. */
export const ask = ({ title, what, act }) =>
  new Promise((resolve) => {
    find('#ask-title').textContent = escapeUnsafe(title);
    dialog.querySelector('.what').textContent = escapeUnsafe(what);
    dialog.querySelector('.act').textContent = act;
    const form = dialog.querySelector('form');
    form.reset();
    dialog.returnValue = '';
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'act' ? form.elements.reason.value : null), {
      once: true,
    });
    dialog.showModal();
    form.elements.reason.focus();
  });

// Enter in the field submits the action, not the first button (Cancel).
dialog.querySelector('form').elements.reason.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  dialog.querySelector('.act').click();
});

const VISIBLE_MS = 10_000;
let timer;

/** Shows a sentence in the header for a while. */
export const notify = (sentence) => {
  clearTimeout(timer);
  find('#notice').textContent = escapeUnsafe(sentence);
  timer = setTimeout(() => (find('#notice').textContent = ''), VISIBLE_MS);
};

/** Wraps what a button starts: an error is shown as a notice. */
export const notifyingErrors =
  (work) =>
  async (...args) => {
    try {
      await work(...args);
    } catch (error) {
      notify(error.message);
    }
  };
