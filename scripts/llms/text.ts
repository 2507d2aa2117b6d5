import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const repository = join(import.meta.dirname, '../..');

const sections: Readonly<Record<string, readonly string[]>> = {
  Use: [
    'docs/for-front-end-developers.md',
    'docs/for-event-consumers.md',
    'libs/{api-client,contracts,messaging}/README.md',
  ],
  Operate: ['docs/{for-operators,requirements,runbook,scaling,upgrades}.md'],
  Understand: ['docs/*.md', 'docs/adr/README.md', 'docs/benchmarks/README.md'],
  Change: ['{CONTRIBUTING,CHANGELOG,SECURITY}.md', '{libs/*,lab,lab/*,examples/*}/README.md'],
};

const isText = (block: string): boolean => /^[^#`|<\n-]/.test(block);
const plain = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1');

/** A page by its heading and the first sentence of its text. */
const entry = (page: string): string => {
  const [heading = '', ...blocks] = readFileSync(join(repository, page), 'utf8').split(/\n{2,}/);
  const [sentence = ''] = plain(blocks.find(isText) ?? '').split(/(?<=[.:]) (?=[A-Z])/);
  return `- [${heading.replace(/^# /, '')}](${page}): ${sentence}`;
};

/** llms.txt: what there is to read, for a reader that reads all of it. */
export const llmsText = (): string => {
  const [title = '', summary = ''] = readFileSync(join(repository, 'README.md'), 'utf8').split('\n\n');
  const seen = new Set<string>();
  const pagesOf = (patterns: readonly string[]): string[] =>
    patterns.flatMap((pattern) =>
      globSync(pattern, { cwd: repository })
        .toSorted()
        .filter((page) => !seen.has(page) && seen.add(page)),
    );
  const parts = Object.entries(sections).map(
    ([name, patterns]) => `## ${name}\n\n${pagesOf(patterns).map(entry).join('\n')}`,
  );
  return `${[title, `> ${plain(summary)}`, ...parts].join('\n\n')}\n`;
};
