import { find } from './dom.js';
import { shown } from './shown.js';

const dialog = find('#ask');

/** Says what will be done to how many, and asks why. Resolves to the reason, or null when it was called off. */
export const ask = ({ title, what, act }) =>
  new Promise((resolve) => {
    find('#ask-title').textContent = shown(title);
    dialog.querySelector('.what').textContent = shown(what);
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

// Enter in the field means the act, not the first button.
dialog.querySelector('form').elements.reason.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter') return;
  event.preventDefault();
  dialog.querySelector('.act').click();
});
