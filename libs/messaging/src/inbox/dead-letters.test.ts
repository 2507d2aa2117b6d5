import { expect, test } from '@jest/globals';
import { loggableId } from './dead-letters.ts';

const id = '01980000-0000-7000-8000-00000000000a';

test('only UUIDs are logged as message ids', () => {
  expect(loggableId(id)).toBe(id);
  for (const other of [undefined, null, 42, '', 'mentee@example.com', `${id}\n`, ` ${id}`, 'password=secret'])
    expect(loggableId(other)).toBeUndefined();
});
