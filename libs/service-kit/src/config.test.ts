import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { booleanFlag, ConfigError, parseConfig, port, seconds, url, urls } from './config.ts';

const directory = mkdtempSync(join(tmpdir(), 'kit-config-'));
afterAll(() => rmSync(directory, { recursive: true }));

const schema = z.object({
  PORT: port.default(3001),
  DATABASE_URL: url('postgres', 'postgresql'),
  AMQP_URL: urls('amqp', 'amqps').optional(),
  VERBOSE: booleanFlag.default(false),
  DELAY: seconds.default(0),
});
const DATABASE_URL = 'postgres://app:hunter2@localhost/db';
const problemsOf = (env: Record<string, string>): string => {
  try {
    parseConfig(schema, env);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('it was accepted');
};

describe('configuration', () => {
  test('is typed, and has defaults for what is not set or empty', () => {
    const env = { DATABASE_URL, PORT: '', DELAY: '1.5', AMQP_URL: 'amqp://a, amqps://b' };
    expect(parseConfig(schema, env)).toEqual({
      PORT: 3001,
      DATABASE_URL,
      AMQP_URL: ['amqp://a', 'amqps://b'],
      VERBOSE: false,
      DELAY: 1.5,
    });
  });

  test('reports all problems at once, one line each, without the values', () => {
    const text = problemsOf({ PORT: '70000', AMQP_URL: 'http://app:hunter2@x', VERBOSE: 'perhaps' });
    expect(
      text
        .split('\n')
        .slice(1)
        .map((line) => line.trim().split(':')[0]),
    ).toEqual(['PORT', 'DATABASE_URL', 'AMQP_URL', 'VERBOSE']);
    expect(text).toContain('DATABASE_URL: is missing');
    expect(text).not.toMatch(/hunter2|perhaps|70000/);
  });

  test('takes a secret from a file, without its last line end', () => {
    const file = join(directory, 'url');
    writeFileSync(file, `${DATABASE_URL}\n`);
    expect(parseConfig(schema, { DATABASE_URL_FILE: file }).DATABASE_URL).toBe(DATABASE_URL);
  });

  test('says when a file cannot be read, and when a variable is given twice', () => {
    expect(problemsOf({ DATABASE_URL_FILE: join(directory, 'none') })).toContain(
      'DATABASE_URL_FILE cannot be read (ENOENT)',
    );
    const file = join(directory, 'twice');
    writeFileSync(file, DATABASE_URL);
    expect(problemsOf({ DATABASE_URL, DATABASE_URL_FILE: file })).toContain('is given twice');
  });
});
