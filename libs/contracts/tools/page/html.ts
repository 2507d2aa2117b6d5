export const escape = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Text between backticks becomes code. */
export const prose = (text: string): string => escape(text).replaceAll(/`([^`]+)`/g, '<code>$1</code>');

/** A code block with a copy button. */
export const copyable = (text: string, what: string): string =>
  `<div class="copy"><button type="button" aria-label="Copy ${escape(what)}">Copy</button>` +
  `<pre tabindex="0"><code>${escape(text)}</code></pre></div>`;

export const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  `<div class="wide"><table><thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead><tbody>` +
  rows
    .map((cells) => `<tr>${cells.map((cell, at) => `<td data-head="${heads[at]}">${cell}</td>`).join('')}</tr>`)
    .join('') +
  '</tbody></table></div>';
