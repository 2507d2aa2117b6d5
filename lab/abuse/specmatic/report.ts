import { readdir, readFile } from 'node:fs/promises';

export type Report = { readonly tests: number; readonly failed: readonly string[] };

const textOf = (xml: string): string =>
  xml
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');

/** Counts of a folder of JUnit reports, and the name of each test that failed with the first lines of why. */
export const readJunit = async (folder: string): Promise<Report> => {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.xml'));
  const cases = (await Promise.all(files.map((name) => readFile(`${folder}/${name}`, 'utf8')))).flatMap((xml) => [
    ...xml.matchAll(/<testcase [^>]*?name="([^"]*)"[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g),
  ]);
  const failed = cases.filter(([, , body = '']) => /<(failure|error)\b/.test(body));
  return {
    tests: cases.length,
    failed: failed.map(([, name = '', body = '']) => {
      const why = textOf(/<(?:failure|error)[^>]*?message="([^"]*)"/.exec(body)?.[1] ?? body);
      return `${textOf(name).split('contractTest() > ').at(-1)}: ${why.replaceAll(/\s+/g, ' ').slice(0, 400)}`;
    }),
  };
};
