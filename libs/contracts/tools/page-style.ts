/** Style and script of the page, inline: it must work from a file and under a strict CSP (which allows their hashes). */
export const style = `
:root { color-scheme: light dark; background: Canvas; color: CanvasText; --line: #8885; --soft: #8881; --accent: #0b63ce; }
@media (prefers-color-scheme: dark) { :root { --accent: #7db7ff; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 1rem; font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.7rem; margin: .5rem 0; } h2 { margin: 2.5rem 0 .5rem; } h3 { margin: 1.5rem 0 .5rem; }
a { color: var(--accent); } nav a { display: inline-block; padding: .35rem .75rem .35rem 0; }
code, pre { font: .875rem/1.5 ui-monospace, monospace; } td code { white-space: nowrap; }
.box { border: 2px solid var(--accent); border-radius: .5rem; padding: .25rem 1rem; margin: 1rem 0; }
.box dt { font-weight: 600; margin-top: .75rem; } .box dd { margin: 0 0 .75rem; }
.wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line); }
h3 code { font-size: 1.05rem; }
@media (max-width: 40rem) { /* show each row as a card, without horizontal scrolling */
  thead { display: none; } tr, td { display: block; } tr { padding: .4rem 0; border-bottom: 1px solid var(--line); }
  td { border: 0; padding: 0 0 .1rem; } td:empty { display: none; } td:first-child { font-weight: 600; }
  td[data-head='version']::before { content: attr(data-head) ' '; } td[data-head='sent by']::before { content: 'sent by '; }
  td[data-head='without a queue']::before { content: 'without a queue: '; }
}
.copy { position: relative; } pre { margin: .5rem 0; padding: 1rem; padding-top: 2.6rem; background: var(--soft); border-radius: .5rem; overflow-x: auto; }
.copy button { position: absolute; top: .4rem; right: .4rem; min-width: 4.5rem; min-height: 2rem; font: inherit; font-size: .85rem; cursor: pointer; }
summary { cursor: pointer; padding: .35rem 0; }
`;

export const script = `
for (const button of document.querySelectorAll('.copy button')) {
  button.addEventListener('click', async () => {
    const code = button.parentElement.querySelector('code');
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = 'Copied';
    } catch {
      getSelection().selectAllChildren(code);
      button.textContent = 'Selected';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  });
}
`;
