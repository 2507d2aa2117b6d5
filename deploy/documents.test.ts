import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const repository = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(join(repository, file), 'utf8');
const isOurs = (file: string): boolean => !/(^|\/)(node_modules|dist|coverage|\.local)\//.test(file);

const pages = globSync('{*,{docs,libs,lab,examples,deploy}/**/*}.md', { cwd: repository }).filter(isOurs);

/** As GitHub makes it of a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w\- ]/g, '')
    .replaceAll(' ', '-');
const withoutCode = (text: string): string => text.replaceAll(/^```.*?^```/gms, '');
const anchorsOf = (page: string): string[] =>
  [...withoutCode(read(page)).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));

const links = pages.flatMap((page) =>
  [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link = '']) => [page, link] as const)
    .filter(([, link]) => !/^https?:/.test(link)),
);

const isBroken = ([page, link]: readonly [string, string]): boolean => {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(repository, target))) return true;
  return anchor !== undefined && !anchorsOf(target).includes(anchor);
};

test('links between the documents lead somewhere', () => {
  expect(links.length).toBeGreaterThan(50);
  expect(links.filter(isBroken)).toEqual([]);
});

test('decisions that the code cites exist', () => {
  const code = globSync('{Dockerfile,{libs,services,ops,scripts,lab,deploy}/**/*.{ts,mjs,sql,yml,yaml}}', {
    cwd: repository,
  }).filter(isOurs);
  const cited = code.flatMap((file) =>
    [...read(file).matchAll(/(?:docs\/adr\/|ADR )(\d{4})/g)].map(([, n]) => ({ file, n })),
  );
  const decisions = globSync('docs/adr/*.md', { cwd: repository }).map((file) => file.split('/').at(-1)?.slice(0, 4));
  expect(cited.length).toBeGreaterThan(3);
  expect(cited.filter(({ n }) => !decisions.includes(n))).toEqual([]);
});

describe('the path of one message', () => {
  const [, section = ''] = /^## The path of one message$(.*?)^## /ms.exec(read('docs/architecture.md')) ?? [];
  /** Each table after the sentence that says how many files it names. */
  const tables = [...section.matchAll(/^(\d+) [^\n]+:\n\n(.*?)\n\n/gms)].map(([, said, rows = '']) => ({
    said: Number(said),
    files: [...rows.matchAll(/^\|[^|]*\| `([^`]+)` \|([^|]*)\|$/gm)].flatMap(([, folder = '', names = '']) =>
      [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => folder + name),
    ),
  }));
  const named = tables.flatMap(({ files }) => files);

  test('names as many files as it says, each once', () => {
    expect(tables).toHaveLength(2);
    for (const { said, files } of tables) expect(files).toHaveLength(said);
    expect(named).toEqual([...new Set(named)]);
  });

  test('names files that exist', () => {
    expect(named.filter((file) => !existsSync(join(repository, file)))).toEqual([]);
  });
});
