import { shown } from './shown.js';

const isThere = (value) => value !== null && value !== undefined;

/** `element('li', { class: 'late' }, 'text', child)`; text is never taken for markup, nor obeyed. */
export const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else if (value !== false && isThere(value)) made.setAttribute(key, value === true ? '' : value);
  }
  made.append(...children.filter(isThere).map((child) => (typeof child === 'string' ? shown(child) : child)));
  return made;
};

export const find = (selector) => document.querySelector(selector);

/** `columns`: [title, cell of a row, class]; a cell is text or elements. On a narrow screen each row becomes a card. */
export const table = (caption, rows, columns) =>
  element(
    'table',
    { 'aria-label': caption },
    element('thead', {}, element('tr', {}, ...columns.map(([title]) => element('th', { scope: 'col' }, title)))),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...columns.map((column) => cell(row, column))))),
  );

const cell = (row, [title, content, kind]) => {
  const shown = content(row);
  return element('td', { 'data-label': title, class: isThere(shown) ? kind : 'empty' }, ...[shown ?? '–'].flat());
};

/** Draws only when `content` differs from last time, so that a focus stays where it is. */
export const drawer = (place) => {
  let drawn;
  return (content, draw) => {
    const text = JSON.stringify(content);
    if (text === drawn) return;
    drawn = text;
    place.replaceChildren(...[draw()].flat());
  };
};
