import { readFileSync } from 'node:fs';
import { marked } from 'marked';

/** services/guide.html: the guide for front-end developers, as both services serve it. Its links to other documents are text. */
export const guidePage = (): string => {
  const text = readFileSync(new URL('../../docs/for-front-end-developers.md', import.meta.url), 'utf8');
  const withoutFiles = text.replaceAll(/\[([^\]]+)\]\(\.\.\/[^)]*\)/g, '$1');
  const body = marked.parse(withoutFiles, { async: false }).replaceAll('<pre>', '<pre tabindex="0">');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>For front-end developers</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<nav aria-label="Pages"><a href="docs">API</a> · <a href="problems">Problems</a> · <a href="messages">Messages</a></nav>
<main>
${body}</main></body>
</html>
`;
};

const style = `
:root { color-scheme: light dark; background: Canvas; color: CanvasText; }
body { max-width: 50rem; margin: 1rem auto; padding: 0 1rem; font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word; }
code, pre { font: .875rem/1.5 ui-monospace, monospace; }
pre { overflow-x: auto; padding: 1rem; background: #8881; }
table { border-collapse: collapse; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid #8885; }
@media (max-width: 40rem) { td { overflow-wrap: anywhere; } }
`;
