import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Backing } from '../src/backing.ts';
import { startBackingServices } from '../src/backing.ts';
import { query } from '../src/databases.ts';
import { startPrivateBacking } from '@mentor-sessions/lab/private-backing';
import { testBacking } from '@mentor-sessions/lab/test-stack';

const given = [
  'LOCAL_STACK',
  'LOCAL_STACK_DATABASE_URL',
  'LOCAL_STACK_AMQP_URL',
  'LOCAL_STACK_MANAGEMENT_URL',
] as const;
const before = given.map((name) => process.env[name]);
let backing: Backing;

const give = (values: readonly (string | undefined)[]): void => {
  for (const [index, name] of given.entries()) {
    const value = values[index];
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
};

beforeAll(() => {
  const { postgres, broker } = testBacking();
  give([undefined, postgres.adminUrl, broker.amqpUrl, broker.managementUrl ?? undefined]);
});
afterAll(() => give(before));

const connects = () => query(backing.postgres.adminUrl, 'select');

describe('external servers', () => {
  test('are used as given and cannot be stopped', async () => {
    process.env['LOCAL_STACK'] = 'external';
    backing = await startBackingServices();
    expect(backing.kind).toBe('external');
    expect(backing.postgres.adminUrl).toBe(testBacking().postgres.adminUrl);
    expect(backing.versions).toEqual(testBacking().versions);
    await expect(backing.broker.stop()).rejects.toThrow('external server');
  });

  test('are behind a proxy in tests that stop them', async () => {
    process.env['LOCAL_STACK'] = 'external';
    backing = await startPrivateBacking();
    await connects();
    await backing.postgres.stop();
    await expect(connects()).rejects.toThrow('ECONNREFUSED');
    await backing.postgres.start();
    await connects();
    await backing.stop();
  });

  test('need both URLs', async () => {
    give(['external', undefined, 'amqp://localhost', undefined]);
    await expect(startBackingServices()).rejects.toThrow('LOCAL_STACK=external needs LOCAL_STACK_DATABASE_URL');
  });
});
