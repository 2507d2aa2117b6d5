import { expect, test } from '@jest/globals';
import { readAll, recording } from '../recordings/recording.ts';
import type { Frame, PostgresFrame } from './framer.ts';
import { isCommit, isStatement } from './matchers.ts';
import { createFrameReader } from './reader.ts';

const frames = readAll('postgres', recording('postgres')).map(({ frame }) => frame as PostgresFrame);
const struck = (matches: (frame: Frame) => boolean) => frames.filter(matches).map(({ type, text }) => [type, text]);
const insert = 'insert into things values ($1, $2)';
const select = 'select * from things where id = $1';

test('a client’s messages are distinguished from the first byte on', () => {
  const types = frames.filter(({ direction }) => direction === 'up').map(({ type }) => type);
  expect(types.join(' ')).toBe(
    'encryption startup p p query query parse bind D execute sync bind D execute sync query parse bind D execute sync X',
  );
});

test('the execution of a prepared statement is known by its name and its text, also when it was parsed earlier', () => {
  expect(struck(isStatement('insert_thing'))).toEqual([
    ['execute', insert],
    ['execute', insert],
  ]);
  expect(struck(isStatement(/^INSERT into/i)).length).toBe(2);
  expect(struck(isStatement('insert')).length).toBe(0);
  expect(struck(isStatement(select))).toEqual([['execute', select]]);
});

test('a query and a sync know which of the server’s answers is theirs', () => {
  const of = (direction: string) =>
    frames.filter((frame) => frame.direction === direction && frame.ready).map(({ ready }) => ready);
  expect(of('down')).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(of('up')).toEqual([2, 3, 4, 5, 6, 7]);
});

test('COMMIT is found once', () => {
  expect(struck(isCommit)).toEqual([['query', 'commit']]);
});

test.each([
  ['COMMIT', true],
  [' commit; ', true],
  ['insert into a values (1); commit', true],
  ['END TRANSACTION', true],
  ['commit; select 1', false],
  ['select 1 as commit', false],
  ['commitment', false],
])('%j is a commit: %p', (text, expected) => {
  expect(isCommit({ protocol: 'postgres', direction: 'up', type: 'query', text })).toBe(expected);
  expect(isCommit({ protocol: 'postgres', direction: 'up', type: 'parse', text })).toBe(false);
});

test('a statement that is closed and parsed again under its name has its new text', () => {
  const read = createFrameReader('postgres');
  const message = (letter: string, ...texts: string[]) => {
    const body = Buffer.from(`${texts.join('\0')}\0`);
    const head = Buffer.from(`${letter}\0\0\0\0`);
    head.writeUInt32BE(body.length + 4, 1);
    return Buffer.concat([head, body]);
  };
  const startup = Buffer.from([0, 0, 0, 8, 0, 3, 0, 0]);
  const parse = (text: string) => [message('P', 'mine', text), message('B', '', 'mine', ''), message('E', '\0\0\0')];
  const said = Buffer.concat([startup, ...parse('select 1'), message('C', 'Smine'), ...parse('select 2')]);
  const executed = read('up', said).filter(({ frame }) => isStatement('mine')(frame));
  expect(executed.map(({ frame }) => 'text' in frame && frame.text)).toEqual(['select 1', 'select 2']);
});

test('encrypted bytes are not parsed', () => {
  const read = createFrameReader('postgres');
  const request = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);
  expect(read('up', request).length).toBe(1);
  read('down', Buffer.from('S'));
  expect(read('up', Buffer.from('Q\0\0\0\x0bcommit\0'))).toEqual([]);
});
