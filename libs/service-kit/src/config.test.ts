import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import {
  booleanFlag,
  ConfigError,
  listOfSeconds,
  parseConfig,
  port,
  seconds,
  url,
  urls,
  postgresUrl,
} from './config.ts';

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

  test('takes each of several seconds once', () => {
    expect(listOfSeconds.parse('900, 60,900')).toEqual([900, 60]);
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

  test('takes a secret from a file, without the line ends after it', () => {
    const file = join(directory, 'url');
    for (const end of ['', '\n', '\r\n', '\n\n']) {
      writeFileSync(file, DATABASE_URL + end);
      expect(parseConfig(schema, { DATABASE_URL_FILE: file }).DATABASE_URL).toBe(DATABASE_URL);
    }
  });

  test('does not count white space around a value, such as the line end of a YAML block or of Windows', () => {
    const issuer = z.object({ AUTH_ISSUER: z.string(), OTHER: z.string().optional() });
    for (const value of [' https://a', 'https://a\r', 'https://a\n'])
      expect(parseConfig(issuer, { AUTH_ISSUER: value, OTHER: ' ' })).toEqual({ AUTH_ISSUER: 'https://a' });
  });

  test('says when a file cannot be read, and when a variable is given twice', () => {
    expect(problemsOf({ DATABASE_URL_FILE: join(directory, 'none') })).toContain(
      'DATABASE_URL_FILE cannot be read (ENOENT)',
    );
    const file = join(directory, 'twice');
    writeFileSync(file, DATABASE_URL);
    expect(problemsOf({ DATABASE_URL, DATABASE_URL_FILE: file })).toContain('is given twice');
  });

  test.each([
    'postgres://app:change-me-2@db/x',
    'postgres://app@db/x',
    'postgres://app:app@db/x',
    'postgres://app:App@h1:5432,h2:5432/x',
    'postgres://db/x?user=app&password=postgres',
    'postgres://app:secret@db/x?sslcert=app.crt',
    'postgres://app:%zz@db/x?password=',
  ])('in production %s is refused in any variable, and not shown', (text) => {
    const one = z.object({ NODE_ENV: z.string(), ANY_DATABASE_URL: z.string(), ANY_AMQP_URL: z.string().optional() });
    const read = (env: Record<string, string>) => () => parseConfig(one, { NODE_ENV: 'production', ...env });
    expect(read({ ANY_DATABASE_URL: text })).toThrow(/ANY_DATABASE_URL: has no password, or a widely known one$/);
    expect(read({ ANY_DATABASE_URL: text, NODE_ENV: 'test' })).not.toThrow();
    const amqp = `amqp://app:hf83jdK2@a,${text.replace('postgres', 'amqp')}`;
    expect(read({ ANY_DATABASE_URL: 'postgres://app:hf83jdK2@db/x', ANY_AMQP_URL: amqp })).toThrow(
      /ANY_AMQP_URL: has no/,
    );
  });

  test('in production passwords of our own, certificates and public addresses are good', () => {
    const shape = z.object({ A: z.string(), B: z.string(), C: z.string() });
    const env = {
      NODE_ENV: 'production',
      A: 'postgres://app:hf83jdK2@h1,h2/x',
      B: 'postgres://app@db/x?sslcert=app.crt',
      C: 'https://keys.example.com/a,b',
    };
    expect(() => parseConfig(shape, env)).not.toThrow();
    expect(() => parseConfig(shape, { ...env, C: 'http://administrator:development@mq:15672' })).toThrow('C: has no');
  });
});

describe('a PostgreSQL URL', () => {
  const problem = (text: string): string => {
    try {
      return `good: ${parseConfig(z.object({ URL: postgresUrl }), { URL: text }).URL}`;
    } catch (error) {
      return (error as Error).message;
    }
  };

  test.each([
    'postgres://app:secret@h1:5432,h2:5432/x',
    'postgres://app:secret@h1,h2/x',
    'postgres://app:secret@/x?host=h1,h2',
    'postgres://app:secret@h1/x?target_session_attrs=read-write',
  ])('%s names more than one server: refused with what to use instead', (text) => {
    expect(problem(text)).toMatch(/URL: must name one host, without target_session_attrs: use an address that follows/);
  });

  test.each(['client_encoding=latin1', 'statement_timeout=0', 'connect_timeout=3', 'schema=public'])(
    'with the parameter %s is refused: it would be ignored, or change what the code relies on',
    (parameter) => {
      expect(problem(`postgres://app:secret@db/x?${parameter}`)).toContain(
        `has the parameter ${parameter.split('=')[0]}`,
      );
    },
  );

  test.each([
    'postgres://app:se,cret@db:5432/x?sslmode=verify-full&sslrootcert=/ca.pem',
    'postgresql://app@localhost/x?host=/run',
  ])('%s is good', (text) => expect(problem(text)).toBe(`good: ${text}`));

  test('of another scheme is refused', () => {
    expect(problem('mysql://app@db/x')).toContain('must be a URL (postgres, postgresql)');
  });
});
