import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '@mentor-sessions/local-stack/launch';

/** The code blocks of a Markdown text in this language, in order. */
export const codeBlocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))].map(([, block = '']) => block);

/** The first block of commands in a guide of docs/ that starts with these words. */
export const commandsOf = async (guide: string, beginning: string): Promise<string> => {
  const text = await readFile(join(repository, 'docs', guide), 'utf8');
  const block = codeBlocks(text, 'bash').find((each) => each.startsWith(beginning));
  if (!block) throw new Error(`${guide} has no commands that begin with ${beginning}`);
  return block;
};
