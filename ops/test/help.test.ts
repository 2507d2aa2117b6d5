import { expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { createProgram } from '../src/run.ts';
import { opsWith } from './ops.ts';

const pathsOf = (command: Command): string[][] => [
  [],
  ...command.commands.flatMap((child) => pathsOf(child).map((path) => [child.name(), ...path])),
];

const paths = pathsOf(createProgram({ io: process, setExitCode: () => undefined }));

test('there are commands within commands', () => expect(paths).toContainEqual(['events', 'sample']));

test.each(paths.map((path) => path.join(' ')))(
  'ops %s --help says how to use it, without any configuration',
  async (path) => {
    const words = path.split(' ').filter(Boolean);
    const { code, out, err } = await opsWith({ LOCAL_STACK_FOLDER: '/nowhere' })(...words, '--help');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`Usage: ${['ops', ...words].join(' ')}`);
  },
);
