import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import type { Command, Option } from 'commander';
import { createProgram } from '../src/run.ts';

const anId = '01980000-0000-7000-8000-00000000000a';
const pages = ['runbook.md', 'for-operators.md', 'for-event-consumers.md'].map((name) =>
  readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8'),
);

/** The commands in the pages: `npm run ops -- …` in blocks, `ops …` in sentences. */
const typed = pages
  .flatMap((page) => [...page.matchAll(/npm run ops -- ([^\n`#]+)|`ops ([^`]+)`/g)])
  .map(([, inBlock, inSentence]) => (inBlock ?? inSentence ?? '').trim());

const words = (line: string): string[] =>
  [...line.replaceAll(/<[^>]+>/g, anId).matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');

const commandOf = (line: string): { command: Command; rest: string[] } => {
  const rest = words(line);
  let command = createProgram({ io: process, setExitCode: () => undefined });
  for (;;) {
    const next = command.commands.find((each) => each.name() === rest[0]);
    if (!next) return { command, rest };
    command = next;
    rest.shift();
  }
};

test('the pages contain commands', () => expect(typed.length).toBeGreaterThan(15));

test.each(typed)('%s is a valid command', (line) => {
  const { command, rest } = commandOf(line);
  const isNamed = rest.length === 0 && command.name() !== 'ops';
  if (isNamed || rest.join() === '--help') return; // only a mention of a command
  const { operands, unknown } = command.parseOptions(rest);
  expect(unknown).toEqual([]);
  expect(operands).toHaveLength(command.registeredArguments.length);
  const given = (option: Option): boolean => command.getOptionValue(option.attributeName()) !== undefined;
  const missing = command.options.filter((option) => option.mandatory && !given(option));
  expect(missing.map(({ long }) => long)).toEqual([]);
});
