const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

/** Escapes characters that are invisible or reverse the text, as `\u{202e}`; newlines and tabs stay. */
export const escapeUnsafe = (text) =>
  text.replace(unsafe, (character) =>
    character === '\n' || character === '\t' ? character : `\\u{${character.codePointAt(0).toString(16)}}`,
  );

const isPresent = (value) => value !== null && value !== undefined;

/** `element('li', { class: 'late' }, 'text', child)`; text is escaped and never becomes markup. */
export const element = (name, attributes = {}, ...children) => {
  const created = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith('on')) created.addEventListener(key.slice(2), value);
    else if (value !== false && value !== '' && isPresent(value))
      created.setAttribute(key, value === true ? '' : value);
  }
  created.append(
    ...children.filter(isPresent).map((child) => (typeof child === 'string' ? escapeUnsafe(child) : child)),
  );
  return created;
};

export const find = (selector) => document.querySelector(selector);

export const button = (text, onclick, { of = '', ...attributes } = {}) =>
  element('button', { type: 'button', onclick, 'aria-label': of && `${text} ${of}`, ...attributes }, text);

/** `href` of a view: `to('group', { service: 'sessions' })`. */
export const to = (path, params = {}) => {
  const query = new URLSearchParams(Object.entries(params).filter(([, value]) => isPresent(value))).toString();
  return `#/${path}${query && `?${query}`}`;
};

export const link = (text, path, params, attributes = {}) =>
  element('a', { href: to(path, params), ...attributes }, text);

/** `columns`: [title, cell of a row, class]; a cell is text or elements. On a narrow screen each row becomes a card. */
export const table = (caption, rows, columns) =>
  element(
    'div',
    { class: 'rows', tabindex: '0', role: 'region', 'aria-label': `${caption}, table` },
    element(
      'table',
      { 'aria-label': caption },
      element('thead', {}, element('tr', {}, ...columns.map(([title]) => element('th', { scope: 'col' }, title)))),
      element('tbody', {}, ...rows.map((row) => element('tr', {}, ...columns.map((column) => cell(row, column))))),
    ),
  );

const cell = (row, [title, content, kind]) => {
  const value = content(row);
  const isEmpty = !isPresent(value) || value.length === 0;
  const parts = [isEmpty ? '–' : value].flat();
  return element(
    'td',
    { 'data-label': title, class: isEmpty ? 'empty' : kind },
    ...(kind === 'acts' ? parts : [element('span', {}, ...parts)]), // one child, for the grid of a card
  );
};

/** Names and values of one thing; those without a value are left out. */
export const facts = (pairs) =>
  element(
    'dl',
    {},
    ...Object.entries(pairs)
      .filter(([, value]) => isPresent(value) && value !== '')
      .map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, ...[value].flat()))),
  );

export const quiet = (text) => element('p', { class: 'quiet' }, text);

/** Draws only when `content` has changed, so that the focus stays where it is. */
export const drawer = (place) => {
  let drawn;
  return (content, draw) => {
    const text = JSON.stringify(content);
    if (text === drawn) return;
    drawn = text;
    place.replaceChildren(...[draw()].flat());
  };
};
